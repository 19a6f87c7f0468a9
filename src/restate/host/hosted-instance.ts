import { agentLifecycleChart as chart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState, AgentOperation } from '../../values/lifecycle-states.js';
import { FailureReason } from '../../values/failure-reason.js';
import type { PendingRequestCount } from '../../values/pending-request-count.js';
import type { AgentDriver, AgentDriverFactory, AgentOutput } from '../../host/agent-driver.js';
import { driverReports } from '../../host/agent/driver-reports.js';
import { disposeWithin } from '../../host/agent/dispose-within.js';
import { realTime } from '../../util/clock.js';
import type { RequestOptions } from '../../host/requests/agent-request.js';
import { answerRequest } from '../../host/requests/answer-request.js';
import { AnswerStream } from '../../host/requests/answer-stream.js';
import { LimitSweep } from '../../util/limit-sweep.js';
import { readableAnswer } from '../../host/requests/readable-answer.js';
import { isHandedOver } from '../../host/requests/request-call.js';
import { parseRequestLimits } from '../../host/requests/request-limits.js';
import { orAborted } from '../../util/or-aborted.js';
import { RequestError, type RequestErrorCode } from '../../host/requests/request-error.js';
import type { OpenLease } from '../../host/requests/lease-table.js';
import { DistributedError } from '../wire/distributed-error.js';
import type { HostLink } from './host-link.js';
import { LeaseRenewals } from './lease-renewals.js';
import type { CloseRequest, OperationOrder, OperationOutcome } from '../wire/messages.js';
import { leavesNothing, operationsBefore } from '../../chart/operations-before.js';
import { RequestGate } from './request-gate.js';

const METHODS: Readonly<Record<AgentOperation, 'load' | 'instantiate' | 'start' | 'stop' | 'unload'>> = {
  loading: 'load',
  instantiating: 'instantiate',
  starting: 'start',
  stopping: 'stop',
  unloading: 'unload',
};
const SUPERSEDED: OperationOutcome = { type: 'superseded' };
/** Of every request: an agent that Restate decides about has none of its own. */
const LIMITS = parseRequestLimits();
/** By the clock of leases, which never goes back. */
const SWEEP = new LimitSweep({ ...realTime, now: () => performance.now() });
/** Milliseconds that a driver has to leave nothing behind. */
const DISPOSE_TIMEOUT = 30_000;

export interface HostedInstanceOptions {
  readonly agent: string;
  readonly generation: number;
  readonly session: string;
  readonly link: HostLink;
  readonly onError: (error: unknown, agent: string) => void;
  readonly onOutput: (output: AgentOutput, agent: string) => void;
  /** Called when the agent has ended, or another generation has replaced it. */
  readonly onFenced: () => void;
}

interface Operation {
  readonly serial: number;
  /** Null once the outcome is there: what has succeeded is not aborted by what comes after. */
  readonly controller: AbortController | null;
  readonly outcome: Promise<OperationOutcome>;
}

/** One generation of an agent on its host: its driver, and the requests that it serves. */
export class HostedInstance {
  readonly generation: number;
  readonly #options: HostedInstanceOptions;
  #driver: AgentDriver | null = null;
  #identity: OperationOrder['input'] | null = null;
  #work: Operation | null = null;
  #gate: RequestGate | null = null;
  #renewals: LeaseRenewals | null = null;
  #disposal: Promise<void> | null = null;
  /** Whether the last call to the object failed, which was reported. */
  #isFailing = false;

  constructor(options: HostedInstanceOptions) {
    this.generation = options.generation;
    this.#options = options;
  }

  /** The count of its requests; null where it has never served. */
  get pending(): PendingRequestCount | null {
    return this.#gate?.pending ?? null;
  }

  /** Whether it takes requests now. */
  get isServing(): boolean {
    return this.#gate !== null && !this.#gate.isClosed && this.#gate.holdsLease;
  }

  /** Carries out an operation, once, however often it is asked for in this process. */
  perform(
    order: OperationOrder,
    createDriver: AgentDriverFactory,
    giveUp: AbortSignal,
  ): Promise<OperationOutcome> {
    const last = this.#work;
    if (this.#disposal !== null || (last !== null && order.serial < last.serial)) {
      return Promise.resolve(SUPERSEDED);
    }
    if (last === null || order.serial > last.serial) {
      // A later one is begun only after this was left.
      last?.controller?.abort(new Error('The operation was left for another'));
      const controller = new AbortController();
      const outcome = this.#carryOut(order, createDriver, controller.signal);
      this.#work = { serial: order.serial, controller, outcome };
      // The object could not be asked: it was not begun, and may be when Restate calls again.
      outcome.then(
        () => {
          this.#isFailing = false;
          if (this.#work?.outcome === outcome) this.#work = { ...this.#work, controller: null };
        },
        (error: unknown) => {
          if (!this.#isFailing) this.#options.onError(error, this.#options.agent);
          this.#isFailing = true;
          if (this.#work?.outcome === outcome) this.#work = last;
        },
      );
    }
    const { controller, outcome } = this.#work as Operation;
    const onGivenUp = () => {
      controller?.abort(giveUp.reason);
    };
    giveUp.addEventListener('abort', onGivenUp, { once: true });
    return outcome.finally(() => {
      giveUp.removeEventListener('abort', onGivenUp);
    });
  }

  close(state: CloseRequest['state']): void {
    this.#gate?.close(state);
  }

  /** @throws {StateTransitionError}, {DistributedError} `NoLease` */
  accept(): OpenLease {
    return this.#openGate().open();
  }

  /** @throws {StateTransitionError}, {DistributedError}, {RequestError} */
  async request(payload: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { agent, onError } = this.#options;
    options.signal?.throwIfAborted();
    // An agent that runs has asked for its first lease, and an earlier one may serve until it has that.
    const never = new AbortController().signal;
    await orAborted(this.#gate?.settled ?? Promise.resolve(), options.signal ?? never);
    const lease = this.#openGate().open(LIMITS);
    const answer = await answerRequest({
      agent,
      generation: this.generation,
      // There is one where there is a gate to be let in by.
      driver: this.#driver as AgentDriver,
      request: { ...options, payload, deadline: lease.deadline },
      lease,
      now: () => performance.now(),
      onError: (error) => {
        onError(error, agent);
      },
    });
    if (isHandedOver(answer)) throw new RequestError('HandedOver', agent, { token: answer.token });
    if (!(answer instanceof AnswerStream)) return answer;
    return readableAnswer(answer, {
      agent,
      now: () => performance.now(),
      goOn: (token) => Promise.reject(new RequestError('HandedOver', agent, { token })),
      onEnd: () => undefined,
    });
  }

  /** Disposes of the instance. Further calls return the same promise. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  #openGate(): RequestGate {
    if (this.#gate !== null) return this.#gate;
    throw new DistributedError({ code: 'NoLease', agent: this.#options.agent, generation: this.generation });
  }

  async #carryOut(
    order: OperationOrder,
    createDriver: AgentDriverFactory,
    signal: AbortSignal,
  ): Promise<OperationOutcome> {
    const { agent, session, link } = this.#options;
    const { generation, serial, state, input } = order;
    const { operation, forced } = input;
    const begun = await link.begin(agent, { generation, serial, session });
    if (begun.type === 'superseded' || isAborted(signal)) return SUPERSEDED;
    const { attempt } = begun;
    if (forced) this.#abortRequests(order.byTimer ? 'DrainTimeoutExceeded' : 'AgentStopped');
    try {
      await this.#restore(order, createDriver, attempt, signal);
      await this.#call(order, operation, attempt, signal);
    } catch (error) {
      return { type: 'error', message: FailureReason.describe(error), pending: this.#gate?.pending ?? null };
    }
    const pending = this.#gate?.pending ?? null;
    const target = chart.targetOfOperation(state, operation);
    if (chart.hasTag(target, 'active') && !isAborted(signal)) this.#serve(target);
    return { type: 'done', pending };
  }

  /** Has a driver that is where the operation begins: a process that was killed has taken the earlier one with it. */
  async #restore(
    order: OperationOrder,
    createDriver: AgentDriverFactory,
    attempt: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#driver !== null) return;
    const { agent, session, link, generation } = this.#options;
    const notifyEnded = (reason: string | null) => {
      link.ended(agent, { generation, session, reason }).catch((error: unknown) => {
        this.#options.onError(error, agent);
      });
    };
    this.#identity = order.input;
    this.#driver = createDriver({
      name: agent,
      options: order.spec.options,
      fail: (reason) => {
        notifyEnded(FailureReason.describe(reason));
      },
      finish: () => {
        notifyEnded(null);
      },
      ...driverReports({
        generation,
        onNotice: (message) => {
          this.#options.onError(new Error(message), agent);
        },
        onOutput: (output) => {
          this.#options.onOutput(output, agent);
        },
      }),
    });
    if (leavesNothing(order.state, order.input.operation)) return;
    for (const operation of operationsBefore(order.state))
      await this.#call(order, operation, attempt, signal);
  }

  async #call(
    { input }: OperationOrder,
    operation: AgentOperation,
    attempt: number,
    signal: AbortSignal,
  ): Promise<void> {
    const driver = this.#driver as AgentDriver;
    // Absent at the first attempt, as in a lifecycle that was never restored.
    const retry = attempt > 1 ? { attempt } : {};
    await driver[METHODS[operation]]?.({ ...input, operation, ...retry, signal });
  }

  #serve(serving: AgentLifecycleState): void {
    const { agent, generation, session, link, onFenced, onError } = this.#options;
    const onLast = () => this.#renewals?.ask();
    this.#gate = new RequestGate({ agent, generation, serving, sweep: SWEEP, onLast });
    this.#renewals = new LeaseRenewals({
      agent,
      generation,
      session,
      link,
      onFenced,
      onError,
      gate: this.#gate,
    });
    this.#renewals.ask();
  }

  #abortRequests(code: RequestErrorCode): void {
    this.#gate?.abortAll(new RequestError(code, this.#options.agent));
  }

  async #dispose(): Promise<void> {
    this.#renewals?.end();
    this.#gate?.close('failed');
    this.#work?.controller?.abort(new Error('The agent has ended'));
    this.#abortRequests('AgentFailed');
    if (this.#driver === null || this.#identity === null) return;
    const { agentId, agentName, version, versionNumber } = this.#identity;
    const identity = { agentId, agentName, version, versionNumber };
    try {
      await disposeWithin(this.#driver, identity, DISPOSE_TIMEOUT, realTime);
    } catch (error) {
      this.#options.onError(error, this.#options.agent);
    }
  }
}

/** Asked again, where the compiler believes that nothing has changed meanwhile. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
