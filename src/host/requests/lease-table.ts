import { LazyAbortController } from '../../util/lazy-abort-controller.js';
import type { Limited, LimitSweep } from '../../util/limit-sweep.js';
import { RequestError } from './request-error.js';

/** Permission for one request: the agent counts it as pending until it is released. */
export interface Lease {
  /** Unique within the host's agents of that name: `2-17` is the 17th of generation 2. */
  readonly id: string;
  /** Aborted when nobody waits for the request any more, with the reason. */
  readonly signal: AbortSignal;
  /** Aborted when the agent begins to let its requests go: at a drain, or a swap. */
  readonly draining: AbortSignal;
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

/** The outcome of the requests that were in flight since a table began to close. */
export interface LeaseAccount {
  /** How many ended by themselves. */
  readonly completed: number;
  /** Those that were handed over. */
  readonly handedOver: readonly RequestTrace[];
  /** Those that ended after they were aborted. */
  readonly aborted: readonly RequestTrace[];
  /** Those that have not ended. */
  readonly abandoned: readonly RequestTrace[];
}

export interface LeaseTableOptions {
  readonly agent: string;
  readonly generation: number;
  readonly now: () => number;
  /** Keeps the limits of the requests. */
  readonly sweep: LimitSweep;
  /** Called exactly once for each lease, when it is released. */
  readonly onRelease: () => void;
}

/** The leases of one instance. */
export class LeaseTable implements Limited {
  readonly #options: LeaseTableOptions;
  readonly #prefix: string;
  readonly #now: () => number;
  /**
   * A list, in which the last takes the place of one that is released. A map, from which as much is deleted as is set,
   * leaves tables behind that keep what was in them from being collected early.
   */
  readonly #open: OpenLease[] = [];
  #count = 0;
  #completed = 0;
  #handedOver: RequestTrace[] = [];
  #aborted: RequestTrace[] = [];
  #isWatched = false;

  constructor(options: LeaseTableOptions) {
    this.#options = options;
    this.#prefix = `${options.generation}-`;
    this.#now = options.now;
  }

  get isIdle(): boolean {
    if (this.#open.length === 0) this.#isWatched = false;
    return !this.#isWatched;
  }

  /** The requests whose answer is a stream. */
  get streaming(): number {
    return this.#open.reduce((count, { isStreaming }) => count + Number(isStreaming), 0);
  }

  /** A lease without limits: its caller carries the request out. */
  open(): OpenLease {
    const lease = new OpenLease(this, this.#prefix, ++this.#count, this.#now());
    lease.place = this.#open.length;
    this.#open.push(lease);
    return lease;
  }

  /** A lease of a request that the host carries out, and whose agent it asks now. */
  openLimited(timeout: number, deadline: number): OpenLease {
    const lease = this.open();
    lease.timeout = timeout;
    lease.deadline = deadline;
    lease.waitingSince = lease.openedAt;
    if (!this.#isWatched) {
      this.#isWatched = true;
      this.#options.sweep.watch(this);
    }
    return lease;
  }

  hasDue(now: number): boolean {
    return this.#open.some((lease) => lease.isDue(now));
  }

  endDue(now: number): void {
    for (const lease of this.#open.filter((each) => each.isDue(now))) {
      const code = now >= lease.deadline ? 'MaxDurationExceeded' : 'RequestTimedOut';
      lease.abort(new RequestError(code, this.#options.agent));
    }
  }

  /** Looks after no request any more: its instance has ended. */
  end(): void {
    this.#options.sweep.forget(this);
    for (const lease of this.#inOrder()) lease.end();
  }

  /** Closes a lease of this table; without effect on one that is closed. */
  close(lease: OpenLease, how: 'ended' | 'handedOver'): void {
    if (!this.#remove(lease)) return;
    // Nobody goes on with what is handed over after that.
    if (how === 'handedOver' && !lease.isAborted) this.#handedOver.push(this.#traceOf(lease));
    else if (lease.isCut) this.#aborted.push(this.#traceOf(lease));
    else this.#completed++;
    lease.end();
    this.#options.onRelease();
  }

  abortAll(reason: Error): void {
    for (const lease of this.#inOrder()) if (lease.place !== null) lease.abort(reason);
  }

  /** Tells each request that the agent begins to let them go. */
  beginDrain(): void {
    for (const lease of this.#inOrder()) lease.beginDrain();
  }

  /** From here on the outcome of the requests in flight is counted. */
  beginAccount(): void {
    this.#completed = 0;
    this.#handedOver = [];
    this.#aborted = [];
  }

  account(): LeaseAccount {
    const abandoned = this.#inOrder().map((lease) => this.#traceOf(lease));
    return {
      completed: this.#completed,
      handedOver: [...this.#handedOver],
      aborted: [...this.#aborted],
      abandoned,
    };
  }

  #inOrder(): readonly OpenLease[] {
    return this.#open.toSorted((one, other) => one.number - other.number);
  }

  /** False where it was removed before. */
  #remove(lease: OpenLease): boolean {
    const { place } = lease;
    if (place === null) return false;
    lease.place = null;
    const last = this.#open.pop() as OpenLease;
    if (last === lease) return true;
    this.#open[place] = last;
    last.place = place;
    return true;
  }

  #traceOf({ id, openedAt }: OpenLease): RequestTrace {
    return { id, age: this.#now() - openedAt };
  }
}

/** A lease as the host has it, whose signals are made when somebody looks at them. */
export class OpenLease extends LazyAbortController implements Lease {
  /**
   * One that is never collected: when no lease is left, V8 drops their shape, and all code that it has compiled for
   * it. A request took twice as long after each full collection.
   */
  static readonly kept = new OpenLease({ close: () => undefined }, '', 0, 0);

  readonly number: number;
  readonly openedAt: number;
  /** Where it is in the table's list; null once it is released. */
  place: number | null = null;
  /** Whether its host aborted it, rather than its caller. */
  isCut = false;
  /** Whether its answer is a stream. */
  isStreaming = false;
  /** Since when the host waits for the agent, in milliseconds; Infinity while nothing is asked of it. */
  waitingSince = Infinity;
  /** Milliseconds that it waits without a sign of life. */
  timeout = Infinity;
  /** The moment at which the request must be over. */
  deadline = Infinity;
  readonly #table: Pick<LeaseTable, 'close'>;
  readonly #prefix: string;
  #isEnded = false;
  #onEnd: (() => void)[] | null = null;
  #isDraining = false;
  #draining: AbortController | null = null;

  constructor(table: Pick<LeaseTable, 'close'>, prefix: string, number: number, openedAt: number) {
    super();
    this.#table = table;
    this.#prefix = prefix;
    this.number = number;
    this.openedAt = openedAt;
  }

  get id(): string {
    return `${this.#prefix}${this.number}`;
  }

  get draining(): AbortSignal {
    if (this.#draining === null) {
      this.#draining = new AbortController();
      if (this.#isDraining) this.#draining.abort(drains());
    }
    return this.#draining.signal;
  }

  beginDrain(): void {
    this.#isDraining = true;
    this.#draining?.abort(drains());
  }

  override abort(reason: Error): void {
    if (!this.isAborted) this.isCut = true;
    super.abort(reason);
  }

  /** Aborts it for its caller: nobody waits for it any more. */
  callOff(reason: Error): void {
    super.abort(reason);
  }

  /** Calls a listener once it is released or its instance has ended: at once, where that is so already. */
  onEnd(listener: () => void): void {
    if (this.#isEnded) listener();
    else (this.#onEnd ??= []).push(listener);
  }

  /** It is released, or its instance has ended. */
  end(): void {
    this.#isEnded = true;
    for (const listener of this.#onEnd?.splice(0) ?? []) listener();
  }

  /** Whether nothing that comes of its request counts any more. */
  get isOver(): boolean {
    return this.place === null || this.isAborted;
  }

  /** Whether its request ran out of time. */
  isDue(now: number): boolean {
    return !this.isAborted && (now - this.waitingSince >= this.timeout || now >= this.deadline);
  }

  release(): void {
    this.#table.close(this, 'ended');
  }

  handOver(): void {
    this.#table.close(this, 'handedOver');
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function drains(): Error {
  return new DOMException('The agent lets its requests go', 'AbortError');
}
