import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import { refusalOf } from '../../../machines/refusal.js';
import { LeaseTable, type OpenLease } from '../../host/requests/lease-table.js';
import type { LimitSweep } from '../../util/limit-sweep.js';
import type { ResolvedRequestLimits } from '../../host/requests/request-limits.js';
import type { RequestError } from '../../host/requests/request-error.js';
import { DistributedError } from '../wire/distributed-error.js';
import { elapsedSince, type HostMoment } from './host-clock.js';

/**
 * Counts the requests of one instance on its host. It accepts requests while the host holds the lease, by its own
 * clock, until the lifecycle accepts no more.
 */
export class RequestGate {
  readonly #agent: string;
  readonly #generation: number;
  readonly #serving: AgentLifecycleState;
  readonly #onLast: () => void;
  readonly #leases: LeaseTable;
  #settle: () => void = () => undefined;
  /** Settled once the first lease was granted, or none will be. */
  readonly settled = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });
  #pending: PendingRequestCount = PendingRequestCount.zero;
  #lease: { readonly askedAt: HostMoment; readonly period: number } | null = null;
  #closedFor: AgentLifecycleState | null = null;

  /**
   * @param options.serving the state in which the requests are taken
   * @param options.onLast called when no request is pending any more and none can come
   */
  constructor(options: {
    agent: string;
    generation: number;
    serving: AgentLifecycleState;
    sweep: LimitSweep;
    onLast: () => void;
  }) {
    this.#agent = options.agent;
    this.#generation = options.generation;
    this.#serving = options.serving;
    this.#onLast = options.onLast;
    this.#leases = new LeaseTable({
      agent: options.agent,
      generation: options.generation,
      now: () => performance.now(),
      sweep: options.sweep,
      onRelease: () => {
        this.#pending = PendingRequestCount.decrement(this.#pending);
        if (this.isClosed && !PendingRequestCount.hasPending(this.#pending)) this.#onLast();
      },
    });
  }

  get pending(): PendingRequestCount {
    return this.#pending;
  }

  get isClosed(): boolean {
    return this.#closedFor !== null;
  }

  get holdsLease(): boolean {
    return this.#lease !== null && elapsedSince(this.#lease.askedAt) < this.#lease.period;
  }

  /** @param period milliseconds from when the host has asked */
  grant(askedAt: HostMoment, period: number): void {
    this.#lease = { askedAt, period };
    this.#settle();
  }

  /**
   * Lets a request in, with limits where the host carries it out.
   *
   * @throws {StateTransitionError} where the lifecycle takes none
   * @throws {DistributedError} `NoLease`
   */
  open(limits?: ResolvedRequestLimits): OpenLease {
    if (this.isClosed || this.#pending >= PendingRequestCount.max) {
      const situation = {
        state: this.#closedFor ?? this.#serving,
        operation: this.isClosed ? ('stopping' as const) : null,
        pendingRequests: this.#pending,
      };
      throw refusalOf(agentLifecycleChart, situation, { type: 'request.accept' });
    }
    if (!this.holdsLease) {
      throw new DistributedError({ code: 'NoLease', agent: this.#agent, generation: this.#generation });
    }
    this.#pending = PendingRequestCount.increment(this.#pending);
    if (limits === undefined) return this.#leases.open();
    const { timeout, maxDuration = Infinity } = limits;
    return this.#leases.openLimited(timeout, performance.now() + maxDuration);
  }

  /** Lets no more in. @param state the one that the lifecycle goes to */
  close(state: AgentLifecycleState): void {
    this.#closedFor ??= state;
    this.#settle();
  }

  abortAll(reason: RequestError): void {
    this.#leases.abortAll(reason);
  }
}
