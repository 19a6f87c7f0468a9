import type { LeaseAccount } from './lease-table.js';

/** What became of an agent's requests from the moment in which it was to end. */
export interface DrainReport extends LeaseAccount {
  /** Whether the agent was stopped without waiting for its requests any longer. */
  readonly forced: boolean;
  /** Milliseconds: what it waited for requests, what its driver's stop took, and both. */
  readonly durations: { readonly waited: number; readonly stopped: number; readonly total: number };
}

/** The moments of an end, by which its durations are told. */
export class DrainWatch {
  readonly #now: () => number;
  #began: number | null = null;
  #stopping: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The agent drains, or stops without draining: the first counts. Tells whether this was the first. */
  begin(): boolean {
    if (this.#began !== null) return false;
    this.#began = this.#now();
    return true;
  }

  beginStop(): void {
    this.#stopping ??= this.#now();
  }

  /** Null when the agent never was to end: it has failed. */
  report(account: LeaseAccount, forced: boolean): DrainReport | null {
    if (this.#began === null) return null;
    const ended = this.#now();
    const stopping = this.#stopping ?? ended;
    const durations = {
      waited: stopping - this.#began,
      stopped: ended - stopping,
      total: ended - this.#began,
    };
    return { ...account, forced, durations };
  }
}
