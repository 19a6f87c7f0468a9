import { causedBy } from '../../values/caused-by.js';
import { DrainWatch, type DrainReport } from './drain-report.js';
import { LeaseTable, type LeaseTableOptions, type OpenLease } from './lease-table.js';
import { RequestError, type RequestErrorCode } from './request-error.js';

/** The requests of one instance that are in flight, and their outcome from the moment the agent is to end. */
export class PendingRequests {
  readonly #agent: string;
  readonly #leases: LeaseTable;
  readonly #drain: DrainWatch;

  constructor(options: LeaseTableOptions) {
    this.#agent = options.agent;
    this.#leases = new LeaseTable(options);
    this.#drain = new DrainWatch(options.now);
  }

  /** Those of them whose answer is a stream. */
  get streaming(): number {
    return this.#leases.streaming;
  }

  /** A request that its caller carries out. */
  open(): OpenLease {
    return this.#leases.open();
  }

  /** A request that the host carries out. */
  openLimited(timeout: number, deadline: number): OpenLease {
    return this.#leases.openLimited(timeout, deadline);
  }

  /** The agent drains: its requests may go on, or hand over. */
  beginDrain(): void {
    this.#beginEnd();
    this.#leases.beginDrain();
  }

  /** The agent is stopped without waiting for them: what ends by that is a part of the report. */
  force(code: RequestErrorCode, cause: Error | null): void {
    this.#beginEnd();
    this.abortAll(code, cause);
  }

  /** The driver is asked to stop. */
  beginStop(): void {
    this.#beginEnd();
    this.#drain.beginStop();
  }

  /** Nothing is asked of the agent any more. */
  end(): void {
    this.#leases.end();
  }

  abortAll(code: RequestErrorCode, cause: Error | null): void {
    this.#leases.abortAll(new RequestError(code, this.#agent, causedBy(cause)));
  }

  /** Null for an agent that neither drained nor stopped. */
  report(forced: boolean): DrainReport | null {
    return this.#drain.report(this.#leases.account(), forced);
  }

  /** The report covers what is in flight from the first moment of an end on. */
  #beginEnd(): void {
    if (this.#drain.begin()) this.#leases.beginAccount();
  }
}
