import { LazyAbortController } from '../../util/lazy-abort-controller.js';

/** Permission for one request: the agent counts it as pending until it is released. */
export interface Lease {
  /** Unique within the host's agents of that name: `2-17` is the 17th of generation 2. */
  readonly id: string;
  /** Aborted when nobody waits for the request any more, with the reason. */
  readonly signal: AbortSignal;
  /** Releases the lease; once, however often it is called. */
  release(): void;
  /** Releases it at the end of the block: `using lease = await agent.accept()`. */
  [Symbol.dispose](): void;
}

/** A request that did not end by itself. */
export interface RequestTrace {
  readonly id: string;
  /** Milliseconds from its acceptance to the moment of the report. */
  readonly age: number;
}

/** What became of the requests that were in flight since a table began to close. */
export interface LeaseAccount {
  /** How many ended by themselves. */
  readonly completed: number;
  /** Those that ended after they were told to. */
  readonly aborted: readonly RequestTrace[];
  /** Those that have not ended. */
  readonly abandoned: readonly RequestTrace[];
}

/** The leases of one instance. */
export class LeaseTable {
  readonly #prefix: number;
  readonly #now: () => number;
  /**
   * A list, in which the last takes the place of one that is released. A map, from which as much is deleted as is set,
   * leaves tables behind that keep what was in them from being collected early.
   */
  readonly #open: OpenEntry[] = [];
  #count = 0;
  #completed = 0;
  #aborted: RequestTrace[] = [];

  /** @param prefix of the leases' ids */
  constructor(prefix: number, now: () => number) {
    this.#prefix = prefix;
    this.#now = now;
  }

  /** @param onRelease is called exactly once */
  open(onRelease: () => void): OpenLease {
    const number = ++this.#count;
    const lease = new OpenLease(`${this.#prefix}-${number}`, this.#now(), () => {
      if (!this.#remove(entry)) return;
      if (lease.isAborted) this.#aborted.push(this.#traceOf(lease));
      else this.#completed++;
      onRelease();
    });
    const entry: OpenEntry = { lease, number, place: this.#open.length };
    this.#open.push(entry);
    return lease;
  }

  abortAll(reason: Error): void {
    for (const { lease, place } of this.#inOrder()) if (place !== null) lease.abort(reason);
  }

  /** From here on it is counted what becomes of the requests in flight. */
  beginAccount(): void {
    this.#completed = 0;
    this.#aborted = [];
  }

  account(): LeaseAccount {
    const abandoned = this.#inOrder().map(({ lease }) => this.#traceOf(lease));
    return { completed: this.#completed, aborted: [...this.#aborted], abandoned };
  }

  #inOrder(): readonly OpenEntry[] {
    return this.#open.toSorted((one, other) => one.number - other.number);
  }

  /** False where it was removed before. */
  #remove(entry: OpenEntry): boolean {
    const { place } = entry;
    if (place === null) return false;
    entry.place = null;
    const last = this.#open.pop() as OpenEntry;
    if (last === entry) return true;
    this.#open[place] = last;
    last.place = place;
    return true;
  }

  #traceOf({ id, openedAt }: OpenLease): RequestTrace {
    return { id, age: this.#now() - openedAt };
  }
}

interface OpenEntry {
  readonly lease: OpenLease;
  readonly number: number;
  /** Where it is in the list; null once it is released. */
  place: number | null;
}

/** A lease as the host has it, which may wait for its end without a signal's being made. */
export class OpenLease extends LazyAbortController implements Lease {
  constructor(
    readonly id: string,
    readonly openedAt: number,
    readonly release: () => void,
  ) {
    super();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
