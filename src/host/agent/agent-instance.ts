import {
  agentLifecycleChart,
  type AgentLifecycleActorRef,
} from '../../../machines/agent-lifecycle.machine.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleEventType,
  LifecycleRejected,
} from '../../../machines/agent-lifecycle.types.js';
import { accepts } from '../../chart/accepts.js';
import { isTerminal } from '../../chart/state-predicates.js';
import { statePath, topState } from '../../chart/state-path.js';
import { AgentLifecycle } from '../../record/agent-lifecycle.js';
import { deadlineOf, assertDeadlines } from '../../snapshot/deadline-watch.js';
import { timeOf, type Clock } from '../../util/clock.js';
import { microtask } from '../../util/microtask.js';
import { parseAgentLifecycleInput } from '../../values/agent-lifecycle-input.js';
import { Capacity } from '../../values/capacity.js';
import type { AgentFinalState, AgentLifecycleState, AgentOperation } from '../../values/lifecycle-states.js';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import type { AgentDriverFactory, AgentOutput } from '../agent-driver.js';
import { lifecycleInputOf, type ResolvedAgentSpec } from '../agent-spec.js';
import type { AgentOccurrence } from '../journal.js';
import type { RestoreActor } from '../persistence/persisted-agent.js';
import type { AgentRequest } from '../requests/agent-request.js';
import { answerRequest } from '../requests/answer-request.js';
import type { DrainReport } from '../requests/drain-report.js';
import type { OpenLease } from '../requests/lease-table.js';
import type { LimitSweep } from '../../util/limit-sweep.js';
import { PendingRequests } from '../requests/pending-requests.js';
import type { ResolvedRequestLimits } from '../requests/request-limits.js';
import type { RequestTarget } from '../requests/request-router.js';
import type { AgentReport, RunningTimer } from './agent-report.js';
import { AttachedDriver } from './attached-driver.js';
import { commandResult, resultOf, commandFor, type CommandResult } from './command-result.js';
import { disposeWithin } from './dispose-within.js';
import { createDrivenActor, restoreDrivenActor, type DriveObserver } from './driven-machine.js';
import { ObservedLifecycle } from './observed-lifecycle.js';
import { nextShutdownStep, type ShutdownStep } from './shutdown-step.js';

export interface AgentInstanceObserver {
  onOccurrence(occurrence: AgentOccurrence): void;
  onEmitted(event: AgentLifecycleEmitted): void;
  /** Called when a request has ended, and there may be a place for another. */
  onPlaceFree(): void;
  /** Called for a command that the lifecycle will take, before it does. */
  onCommand(type: AgentLifecycleEventType): void;
  /** @param upFor milliseconds for which the agent was running */
  onEnd(state: AgentFinalState, failureReason: string | null, upFor: number): void;
  onOutput(output: AgentOutput): void;
  /** Called with errors of a driver's dispose or of a listener. */
  readonly onError: (error: unknown) => void;
}

export interface AgentInstanceOptions {
  readonly spec: ResolvedAgentSpec;
  readonly generation: number;
  readonly createDriver: AgentDriverFactory;
  readonly clock: Clock;
  /** Keeps the limits of its requests. */
  readonly sweep: LimitSweep;
  readonly observer: AgentInstanceObserver;
  /** Restores the lifecycle as an earlier host left it; undefined for a new one. */
  readonly restore?: RestoreActor | undefined;
}

/**
 * One generation of an agent: a lifecycle whose operations a driver carries out. Nothing happens before `start()`.
 *
 * Commands and `shutDown` are sent in a microtask of their own, so that they may be called from anywhere, listeners
 * included. `request` and `accept` leave that to their caller.
 */
export class AgentInstance implements RequestTarget {
  readonly generation: number;
  readonly spec: ResolvedAgentSpec;
  readonly #options: AgentInstanceOptions;
  readonly #observer: AgentInstanceObserver;
  readonly #attached: AttachedDriver;
  readonly #lifecycle: ObservedLifecycle;
  readonly #requests: PendingRequests;
  readonly #now: () => number;
  #hasStarted = false;
  #runningSince: number | null = null;
  #drainReport: DrainReport | null = null;
  #disposal: Promise<void> | null = null;

  /** @throws {InvalidValueError} and whatever the driver's factory throws; nothing is left behind then. */
  constructor(options: AgentInstanceOptions) {
    const { spec, generation, clock, sweep, observer } = options;
    this.generation = generation;
    this.spec = spec;
    this.#options = options;
    this.#observer = observer;
    this.#now = () => timeOf(clock);
    this.#requests = new PendingRequests({
      agent: spec.name,
      generation,
      now: this.#now,
      sweep,
      onRelease: () => {
        this.#lifecycle.send({ type: 'request.complete' });
        observer.onPlaceFree();
      },
    });
    parseAgentLifecycleInput(lifecycleInputOf(spec));
    this.#attached = new AttachedDriver(spec, generation, options.createDriver, {
      onFailed: (event) => void this.#lifecycle.send(event),
      onFinished: () => {
        this.#finish();
      },
      onNotice: (message) => {
        observer.onOccurrence({ type: 'notice', message });
      },
      onOutput: (output) => {
        observer.onOutput(output);
      },
    });
    const actor = this.#createActor();
    assertDeadlines(actor, { now: this.#now });
    this.#lifecycle = new ObservedLifecycle(actor, {
      onEmitted: (event) => {
        if (event.type === 'lifecycle.rejected') observer.onOccurrence(refusalIn(event));
        observer.onEmitted(event);
      },
      onTransition: ({ to }) => {
        if (to === 'running') this.#runningSince = this.#now();
        if (to === 'draining') this.#requests.beginDrain();
      },
      onStep: (step) => {
        // Its timeout begins here.
        deadlineOf(actor);
        const { failureReason, pendingRequests } = this.#lifecycle.snapshot.context;
        observer.onOccurrence({ type: 'transition', ...step, failureReason, pendingRequests });
      },
      onChange: () => {
        if (this.hasEnded) void this.#end();
      },
      onError: observer.onError,
    });
  }

  /** The lifecycle's actor. Errors of its listeners are not caught: `Agent.subscribe` is the safe way to listen. */
  get actor(): AgentLifecycleActorRef {
    return this.#lifecycle.actor;
  }

  get state(): AgentLifecycleState {
    return topState(this.#lifecycle.snapshot.value);
  }

  /** The record of an agent that has ended has no pending requests: its report lists those abandoned. */
  get record(): AgentLifecycle {
    const { snapshot } = this.#lifecycle;
    if (!this.hasEnded) return AgentLifecycle.fromSnapshot(snapshot);
    const context = { ...snapshot.context, pendingRequests: PendingRequestCount.zero };
    return AgentLifecycle.fromSnapshot({ ...snapshot, context });
  }

  /** Why it has failed; null where it has not. */
  get failure(): Error | null {
    return this.#lifecycle.failure;
  }

  /** Whether it runs, and is not about to stop. */
  get isServing(): boolean {
    return this.#lifecycle.snapshot.hasTag('accepting');
  }

  /** Whether it has come up: it serves, or is on its way down. */
  get hasServed(): boolean {
    return this.#runningSince !== null;
  }

  /** Whether the lifecycle has ended. */
  get hasEnded(): boolean {
    return this.#lifecycle.snapshot.status !== 'active';
  }

  /** The timeout that is running. */
  get timer(): RunningTimer | null {
    const { value, context } = this.#lifecycle.snapshot;
    const delay = agentLifecycleChart.delayIn(statePath(value));
    if (delay === null) return null;
    const deadline = deadlineOf(this.actor) ?? 0;
    return { delay, total: context[delay], left: Math.max(0, deadline - this.#now()) };
  }

  get report(): AgentReport {
    const { pendingRequests, failureReason, forced } = this.#lifecycle.snapshot.context;
    const { generation, state } = this;
    return {
      name: this.spec.name,
      generation,
      state,
      failureReason,
      abandonedRequests: pendingRequests,
      forced,
      drain: this.#drainReport,
      replaced: [],
    };
  }

  /** The outcome of the requests in flight; null before the end, and for an agent that neither drained nor stopped. */
  get drainReport(): DrainReport | null {
    return this.#drainReport;
  }

  /** Starts the lifecycle, and passes on what the driver has reported so far. */
  start(): void {
    this.#hasStarted = true;
    this.actor.start();
    this.#attached.open();
  }

  /** Sends a command and waits for its result. */
  async command(event: AgentLifecycleEvent): Promise<CommandResult> {
    await microtask();
    const command = commandFor(event.type, this.#lifecycle.snapshot);
    if (accepts(this.#lifecycle.snapshot).includes(event.type)) this.#observer.onCommand(event.type);
    const { answer, withdraw } = this.#lifecycle.ask((snapshot, lastTransition) =>
      resultOf(command, snapshot, lastTransition?.event ?? null, this.#attached.ownFailure),
    );
    const refusal = this.#lifecycle.send(event);
    if (refusal !== null) {
      withdraw();
      return commandResult(command.from, this.state, refusal);
    }
    const given = await answer;
    if (isTerminal(given.result.currentState)) await this.#end();
    return given;
  }

  /** Loads, instantiates and starts, from whichever of these steps is next. */
  async bringUp(): Promise<CommandResult> {
    const from = this.state;
    if (from === 'unloaded') {
      const loaded = await this.command({ type: 'agent.load' });
      if (loaded.error !== null) return commandResult(from, loaded.result.currentState, loaded.error);
    }
    if (from === 'unloaded' || from === 'loaded') {
      const ready = await this.command({ type: 'agent.instantiate' });
      if (ready.error !== null) return commandResult(from, ready.result.currentState, ready.error);
    }
    const { result, error } = await this.command({ type: 'agent.start' });
    return commandResult(from, result.currentState, error);
  }

  get limits(): ResolvedRequestLimits {
    return this.spec.requests;
  }

  get hasPlace(): boolean {
    const { snapshot } = this.#lifecycle;
    return snapshot.context.pendingRequests < this.#capacity && snapshot.hasTag('accepting');
  }

  /** Requests in work, and those of them whose answer is a stream; none once it has ended. */
  get counts(): { readonly pending: number; readonly streaming: number } {
    // What an agent that has ended abandoned is in work no more: its report has it.
    if (this.hasEnded) return { pending: 0, streaming: 0 };
    return { pending: this.#lifecycle.snapshot.context.pendingRequests, streaming: this.#requests.streaming };
  }

  /**
   * Accepts a request that the host carries out. Must be called in a turn of its own, in which the lifecycle is
   * handling no event.
   *
   * @throws {StateTransitionError} when the agent does not accept it
   */
  open(deadline: number): OpenLease {
    this.#accept();
    return this.#requests.openLimited(this.limits.timeout, deadline);
  }

  /** Accepts a request that its caller carries out, without limits. @see open */
  lease(): OpenLease {
    this.#accept();
    return this.#requests.open();
  }

  /** @see answerRequest */
  answer(request: AgentRequest, lease: OpenLease): Promise<unknown> {
    const { name: agent } = this.spec;
    const { driver } = this.#attached;
    const { onError } = this.#observer;
    return answerRequest({
      agent,
      generation: this.generation,
      driver,
      request,
      lease,
      now: this.#now,
      onError,
    });
  }

  /**
   * Shuts the agent down from whatever state it is in, and disposes of its driver. It may be called again, with
   * `force`, while a first call still waits for requests. An instance that was never started is disposed of alone.
   */
  async shutDown({ force = false }: { force?: boolean } = {}): Promise<AgentReport> {
    await microtask();
    const nextStep = (): ShutdownStep =>
      this.#hasStarted ? nextShutdownStep(this.#lifecycle.snapshot, force) : 'down';
    for (let step = nextStep(); step !== 'down'; step = nextStep()) {
      if (step === 'wait') await this.#lifecycle.ask(() => true).answer;
      else this.#lifecycle.send({ type: step });
    }
    // Without effect on a lifecycle that has ended; one that never came up does not end by itself.
    this.actor.stop();
    await this.#end();
    return this.report;
  }

  #accept(): void {
    const refusal = this.#lifecycle.send({ type: 'request.accept' });
    if (refusal !== null) throw refusal;
  }

  get #capacity(): number {
    return this.limits.concurrency ?? this.#attached.driver.concurrency ?? Capacity.default;
  }

  #createActor(): AgentLifecycleActorRef {
    const { spec, generation, clock, restore } = this.#options;
    const { driver } = this.#attached;
    const id = `${spec.name} v${spec.versionNumber} #${generation}`;
    const observer = this.#driveObserver();
    const input = { ...lifecycleInputOf(spec), capacity: this.#capacity };
    return restore === undefined
      ? createDrivenActor(driver, observer, { id, input, clock })
      : restoreDrivenActor(driver, observer, restore, { id, clock, now: this.#now });
  }

  #driveObserver(): DriveObserver {
    const begun = new Map<AgentOperation, number>();
    return {
      onForced: (by, event) => {
        this.#lifecycle.attribute(event);
        const code = by === 'drainTimeout' ? 'DrainTimeoutExceeded' : 'AgentStopped';
        this.#requests.force(code, this.failure);
      },
      onOperationBegun: (operation) => {
        begun.set(operation, this.#now());
        if (operation === 'stopping' && this.#runningSince !== null) this.#requests.beginStop();
      },
      onOperationEnded: (operation, outcome) => {
        const duration = this.#now() - (begun.get(operation) ?? this.#now());
        this.#observer.onOccurrence({ type: 'operation', operation, outcome, duration });
      },
    };
  }

  /** Stops an agent that has ended by itself, with success; one that cannot be stopped yet has failed. */
  #finish(): void {
    const { snapshot } = this.#lifecycle;
    if (snapshot.context.operation === 'stopping') return;
    const canStop = accepts(snapshot).includes('agent.stop');
    const reason = 'The agent ended before it could be stopped';
    this.#lifecycle.send(canStop ? { type: 'agent.stop' } : { type: 'agent.fail', reason });
  }

  /** Aborts what is in flight and disposes of the driver; once, however often it is called. */
  #end(): Promise<void> {
    if (this.#disposal !== null) return this.#disposal;
    const { agentId, agentName, version, versionNumber, transitionTimeout, forced, failureReason } =
      this.#lifecycle.snapshot.context;
    const identity = { agentId, agentName, version, versionNumber };
    const { driver } = this.#attached;
    const { state } = this;
    this.#drainReport = this.#requests.report(forced);
    this.#requests.abortAll(state === 'failed' ? 'AgentFailed' : 'AgentStopped', this.failure);
    this.#requests.end();
    this.#disposal = disposeWithin(driver, identity, transitionTimeout, this.#options.clock).catch(
      this.#observer.onError,
    );
    if (this.#drainReport !== null) {
      this.#observer.onOccurrence({ type: 'drained', report: this.#drainReport });
    }
    const upFor = this.#runningSince === null ? 0 : this.#now() - this.#runningSince;
    // A lifecycle that never came up has not ended: it was stopped from outside.
    if (isTerminal(state)) this.#observer.onEnd(state as AgentFinalState, failureReason, upFor);
    return this.#disposal;
  }
}

function refusalIn({ event, error: { code, message } }: LifecycleRejected): AgentOccurrence {
  return { type: 'refusal', event: event.type, code, message };
}
