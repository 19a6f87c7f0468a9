import { causedBy } from '../../values/caused-by.js';
import { DrainWatch, type DrainReport } from './drain-report.js';
import { LeaseTable, type OpenLease } from './lease-table.js';
import { RequestError, type RequestErrorCode } from './request-error.js';

/** The requests of one instance that are in flight, and their outcome from the moment the agent is to end. */
export class PendingRequests {
  readonly #agent: string;
  readonly #leases: LeaseTable;
  readonly #drain: DrainWatch;

  constructor(agent: string, generation: number, now: () => number) {
    this.#agent = agent;
    this.#leases = new LeaseTable(generation, now);
    this.#drain = new DrainWatch(now);
  }

  /** @param onRelease is called exactly once */
  open(onRelease: () => void): OpenLease {
    return this.#leases.open(onRelease);
  }

  /** The agent drains or stops: the report covers what is in flight from the first of these on. */
  beginDrain(): void {
    if (this.#drain.begin()) this.#leases.beginAccount();
  }

  /** The driver is asked to stop. */
  beginStop(): void {
    this.beginDrain();
    this.#drain.beginStop();
  }

  abortAll(code: RequestErrorCode, cause: Error | null): void {
    this.#leases.abortAll(new RequestError(code, this.#agent, causedBy(cause)));
  }

  /** Null for an agent that neither drained nor stopped. */
  report(forced: boolean): DrainReport | null {
    return this.#drain.report(this.#leases.account(), forced);
  }
}
