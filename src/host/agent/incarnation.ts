import type { ActorRefFrom } from 'xstate';
import {
  agentLifecycleChart,
  type agentLifecycleMachine,
} from '../../../machines/agent-lifecycle.machine.js';
import type { AgentFinalState, AgentLifecycleState, AgentOperation } from '../../values/lifecycle-states.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleEventType,
  LifecycleRejected,
} from '../../../machines/agent-lifecycle.types.js';
import { causedBy } from '../../values/caused-by.js';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import { accepts } from '../../chart/accepts.js';
import { AgentLifecycle } from '../../record/agent-lifecycle.js';
import { parseAgentLifecycleInput } from '../../values/agent-lifecycle-input.js';
import { isTerminal } from '../../chart/state-predicates.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import { leafOf, topStateOf } from '../../chart/top-state.js';
import { deadlineOf, expectDeadlines } from '../../snapshot/deadline-watch.js';
import type { AgentDriver, AgentDriverFactory, AgentOutput } from '../agent-driver.js';
import { answerRequest } from '../requests/answer-request.js';
import { lifecycleInputOf, type ResolvedAgentSpec } from '../agent-spec.js';
import { timeOf, type Clock } from '../../util/clock.js';
import { answer, answerTo, commandFor, type CommandAnswer } from './command-answer.js';
import { disposeWithin } from './dispose-within.js';
import { DrainWatch, type DrainReport } from './drain-report.js';
import { driverReports } from './driver-reports.js';
import { createDrivenActor, restoreDrivenActor, type DriveObserver } from './driven-machine.js';
import type { RestoreActor } from '../persistence/host-memory.js';
import type { Inspection } from '../inspection.js';
import type { AgentOccurrence } from '../journal.js';
import { LeaseTable, type OpenLease } from '../requests/lease-table.js';
import { nextTurn } from '../../util/next-turn.js';
import { ObservedLifecycle } from './observed-lifecycle.js';
import { RequestError, type RequestErrorCode } from '../requests/request-error.js';
import { stepDown, type StepDown } from './step-down.js';

/** How an agent is left when its host is done with it. */
export interface AgentReport {
  readonly name: string;
  readonly generation: number;
  readonly state: AgentLifecycleState;
  readonly failureReason: string | null;
  readonly abandonedRequests: number;
  readonly forced: boolean;
  /** What became of the requests in flight; null when it was not drained or stopped while it ran. */
  readonly drain: DrainReport | null;
  /** How those were left that another incarnation had replaced, and that ended with it. */
  readonly replaced: readonly AgentReport[];
}

export interface DrainAnswer extends CommandAnswer {
  readonly report: DrainReport | null;
}

/** A timeout that runs. */
export interface RunningTimer {
  readonly delay: 'transitionTimeout' | 'drainTimeout';
  /** Milliseconds. */
  readonly total: number;
  readonly left: number;
}

export interface IncarnationObserver {
  onOccurrence(occurrence: AgentOccurrence): void;
  onEmitted(event: AgentLifecycleEmitted): void;
  /** A command that will be taken, before it is. */
  onCommand(type: AgentLifecycleEventType): void;
  /** @param upFor milliseconds that it had been running */
  onEnd(state: AgentFinalState, failureReason: string | null, upFor: number): void;
  onOutput(output: AgentOutput): void;
  /** What a driver's dispose or a listener threw, which concerns nobody else. */
  readonly onError: (error: unknown) => void;
}

export interface IncarnationOptions {
  readonly spec: ResolvedAgentSpec;
  readonly generation: number;
  readonly createDriver: AgentDriverFactory;
  readonly clock: Clock;
  /** Is shown the lifecycle. */
  readonly inspection: Inspection;
  readonly observer: IncarnationObserver;
  /** How an earlier host left it, where it goes on from there. */
  readonly restore?: RestoreActor | undefined;
}

/**
 * One generation of an agent: a lifecycle, whose operations a driver carries out.
 *
 * A command awaits its outcome and answers it. Each is sent in a microtask of its own, so that it may be called
 * from anywhere, a listener among them.
 */
export class Incarnation {
  readonly generation: number;
  readonly spec: ResolvedAgentSpec;
  readonly #options: IncarnationOptions;
  readonly #observer: IncarnationObserver;
  readonly #driver: AgentDriver;
  readonly #lifecycle: ObservedLifecycle;
  readonly #leases: LeaseTable;
  readonly #drain: DrainWatch;
  readonly #now: () => number;
  #runningSince: number | null = null;
  #drainReport: DrainReport | null = null;
  #disposal: Promise<void> | null = null;
  /** By which the driver has told that the agent failed by itself. */
  #ownFailure: AgentLifecycleEvent | null = null;

  /** @throws {InvalidValueError} and whatever the driver's factory throws; nothing is left behind then. */
  constructor(options: IncarnationOptions) {
    const { spec, generation, clock, inspection, observer } = options;
    this.generation = generation;
    this.spec = spec;
    this.#options = options;
    this.#observer = observer;
    this.#now = () => timeOf(clock);
    this.#leases = new LeaseTable(generation, this.#now);
    this.#drain = new DrainWatch(this.#now);
    const input = lifecycleInputOf(spec);
    parseAgentLifecycleInput(input);
    let lifecycle: ObservedLifecycle | null = null;
    // What a driver says before there is a lifecycle is heard as soon as there is one.
    let early: ((lifecycle: ObservedLifecycle) => void) | null = null;
    const tell = (what: (lifecycle: ObservedLifecycle) => void) => {
      if (lifecycle === null) early ??= what;
      else what(lifecycle);
    };
    this.#driver = parseDriver(
      spec.driver,
      options.createDriver({
        options: spec.options,
        fail: (reason) => {
          const event = { type: 'agent.fail', reason } as const;
          this.#ownFailure ??= event;
          tell((to) => to.send(event));
        },
        finish: () => {
          tell(finish);
        },
        ...driverReports({
          generation,
          onNotice: (message) => {
            observer.onOccurrence({ type: 'notice', message });
          },
          onOutput: (output) => {
            observer.onOutput(output);
          },
        }),
      }),
    );
    const id = `${spec.name} v${spec.versionNumber} #${generation}`;
    const now = this.#now;
    const actor =
      options.restore === undefined
        ? createDrivenActor(this.#driver, this.#driveObserver(), { id, input, clock })
        : restoreDrivenActor(this.#driver, this.#driveObserver(), options.restore, { id, clock, now });
    expectDeadlines(actor, { now });
    lifecycle = new ObservedLifecycle(actor, {
      onEmitted: (event) => {
        if (event.type === 'lifecycle.rejected') this.#observer.onOccurrence(refusalIn(event));
        this.#observer.onEmitted(event);
      },
      onTransition: ({ to }) => {
        if (to === 'running') this.#runningSince = this.#now();
        if (to === 'draining') this.#beginDrain();
      },
      onStep: (step) => {
        // Its timeout begins here.
        deadlineOf(actor);
        const { failureReason, pendingRequests } = this.#lifecycle.snapshot.context;
        this.#observer.onOccurrence({ type: 'transition', ...step, failureReason, pendingRequests });
      },
      onChange: () => {
        if (this.hasEnded) void this.#end();
      },
      onError: observer.onError,
    });
    this.#lifecycle = lifecycle;
    inspection.add(actor, observer.onError);
    actor.start();
    (early as ((lifecycle: ObservedLifecycle) => void) | null)?.(lifecycle);
  }

  /** The lifecycle itself. What a listener on it throws is not caught: `subscribe` is the safe way to listen. */
  get actor(): ActorRefFrom<typeof agentLifecycleMachine> {
    return this.#lifecycle.actor;
  }

  get state(): AgentLifecycleState {
    return topStateOf(this.#lifecycle.snapshot.value);
  }

  /** Of one that has ended nothing is pending any more: its report has what was abandoned. */
  get record(): AgentLifecycle {
    const { snapshot } = this.#lifecycle;
    if (!this.hasEnded) return AgentLifecycle.fromSnapshot(snapshot);
    const context = { ...snapshot.context, pendingRequests: PendingRequestCount.zero };
    return AgentLifecycle.fromSnapshot({ ...snapshot, context });
  }

  /** Of what it has failed; null where it has not. */
  get failure(): Error | null {
    return this.#lifecycle.failure;
  }

  /** Whether it runs, and is not about to stop. */
  get isServing(): boolean {
    return this.#lifecycle.snapshot.hasTag('accepting');
  }

  /** Whether the lifecycle has ended. */
  get hasEnded(): boolean {
    return this.#lifecycle.snapshot.status !== 'active';
  }

  /** The timeout that runs now; its times are milliseconds. */
  get timer(): RunningTimer | null {
    const { value, context } = this.#lifecycle.snapshot;
    const delay = agentLifecycleChart.delayIn(leafOf(value));
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

  load(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.load' });
  }

  instantiate(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.instantiate' });
  }

  start(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.start' });
  }

  /** Accepts nothing more and lets what is pending finish; answers when the agent has stopped. */
  async drain(): Promise<DrainAnswer> {
    const given = await this.#command({ type: 'agent.drain' });
    return { ...given, report: this.#drainReport };
  }

  /** Stops without waiting for requests. */
  stop(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.stop' });
  }

  unload(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.unload' });
  }

  /** @param reason a string or an Error; anything else is `Unknown failure` */
  fail(reason?: unknown): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.fail', reason });
  }

  /** Loads, instantiates and starts, from whichever of these steps is next. */
  async run(): Promise<CommandAnswer> {
    const from = this.state;
    if (from === 'unloaded') {
      const loaded = await this.load();
      if (loaded.error !== null) return answer(from, loaded.result.currentState, loaded.error);
    }
    if (from === 'unloaded' || from === 'loaded') {
      const ready = await this.instantiate();
      if (ready.error !== null) return answer(from, ready.result.currentState, ready.error);
    }
    const { result, error } = await this.start();
    return answer(from, result.currentState, error);
  }

  /** To be called in a turn of its own, in which nothing else is being dealt with. @see Agent.request */
  request(payload: unknown, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<unknown> {
    const accept = () => this.accept();
    return answerRequest({ agent: this.spec.name, driver: this.#driver, payload, signal, accept });
  }

  /** To be called in a turn of its own. @throws {StateTransitionError} when the agent does not accept it */
  accept(): OpenLease {
    const refusal = this.#lifecycle.send({ type: 'request.accept' });
    if (refusal !== null) throw refusal;
    return this.#leases.open(() => {
      this.#lifecycle.send({ type: 'request.complete' });
    });
  }

  /**
   * Brings the agent down from whatever state it is in, and disposes of it. It may be called again, with `force`,
   * while a first call still waits for requests.
   */
  async bringDown({ force = false }: { force?: boolean } = {}): Promise<AgentReport> {
    await nextTurn();
    for (let step = this.#stepDown(force); step !== 'down'; step = this.#stepDown(force)) {
      if (step === 'wait') await this.#lifecycle.ask(() => true).answer;
      else this.#lifecycle.send({ type: step });
    }
    // Without effect on a lifecycle that has ended; one that never came up has no end of its own.
    this.actor.stop();
    await this.#end();
    return this.report;
  }

  #stepDown(force: boolean): StepDown {
    return stepDown(this.#lifecycle.snapshot, force);
  }

  async #command(event: AgentLifecycleEvent): Promise<CommandAnswer> {
    await nextTurn();
    const command = commandFor(event.type, this.#lifecycle.snapshot);
    if (accepts(this.#lifecycle.snapshot).includes(event.type)) this.#observer.onCommand(event.type);
    const { answer: outcome, withdraw } = this.#lifecycle.ask((snapshot, lastTransition) =>
      answerTo(command, snapshot, lastTransition?.event ?? null, this.#ownFailure),
    );
    const refusal = this.#lifecycle.send(event);
    if (refusal !== null) {
      withdraw();
      return answer(command.from, this.state, refusal);
    }
    const given = await outcome;
    if (isTerminal(given.result.currentState)) await this.#end();
    return given;
  }

  #driveObserver(): DriveObserver {
    const begun = new Map<AgentOperation, number>();
    return {
      onForced: (by, event) => {
        this.#lifecycle.attribute(event);
        this.#abortRequests(by === 'drainTimeout' ? 'DrainTimeoutExceeded' : 'AgentStopped');
      },
      onOperationBegun: (operation) => {
        begun.set(operation, this.#now());
        if (operation !== 'stopping' || this.#runningSince === null) return;
        this.#beginDrain();
        this.#drain.beginStop();
      },
      onOperationEnded: (operation, outcome) => {
        const duration = this.#now() - (begun.get(operation) ?? this.#now());
        this.#observer.onOccurrence({ type: 'operation', operation, outcome, duration });
      },
    };
  }

  #beginDrain(): void {
    if (this.#drain.begin()) this.#leases.beginAccount();
  }

  #abortRequests(code: RequestErrorCode): void {
    this.#leases.abortAll(new RequestError(code, this.spec.name, causedBy(this.failure)));
  }

  /** Leaves nothing of the agent behind, whatever its driver does; once, however often it is called. */
  #end(): Promise<void> {
    if (this.#disposal !== null) return this.#disposal;
    const { agentId, agentName, version, versionNumber, transitionTimeout, forced, failureReason } =
      this.#lifecycle.snapshot.context;
    const identity = { agentId, agentName, version, versionNumber };
    this.#drainReport = this.#drain.report(this.#leases.account(), forced);
    this.#abortRequests(this.state === 'failed' ? 'AgentFailed' : 'AgentStopped');
    this.#disposal = disposeWithin(this.#driver, identity, transitionTimeout, this.#options.clock).catch(
      this.#observer.onError,
    );
    if (this.#drainReport !== null) {
      this.#observer.onOccurrence({ type: 'drained', report: this.#drainReport });
    }
    const upFor = this.#runningSince === null ? 0 : this.#now() - this.#runningSince;
    const { state } = this;
    // One that never came up has no end of its own.
    if (isTerminal(state)) this.#observer.onEnd(state as AgentFinalState, failureReason, upFor);
    return this.#disposal;
  }
}

/** @throws {InvalidValueError} for what cannot be a driver: its factory is not what it should be */
function parseDriver(name: string, driver: AgentDriver): AgentDriver {
  const missing = DRIVER_METHODS.filter(
    (method) => typeof (driver as AgentDriver | null)?.[method] !== 'function',
  );
  if (missing.length === 0) return driver;
  const expected = `an AgentDriver, with ${missing.join(', ')}`;
  throw new InvalidValueError({ field: `The driver ${name}`, expected, received: driver });
}

const DRIVER_METHODS = ['load', 'instantiate', 'start', 'handle', 'stop', 'unload', 'dispose'] as const;

/** Stops an agent that has ended by itself, with success; one that cannot be stopped yet has failed. */
function finish(lifecycle: ObservedLifecycle): void {
  const { snapshot } = lifecycle;
  if (snapshot.context.operation === 'stopping') return;
  const canStop = accepts(snapshot).includes('agent.stop');
  lifecycle.send(
    canStop
      ? { type: 'agent.stop' }
      : { type: 'agent.fail', reason: 'The agent ended before it could be stopped' },
  );
}

function refusalIn({ event, error: { code, message } }: LifecycleRejected): AgentOccurrence {
  return { type: 'refusal', event: event.type, code, message };
}
