import type { ActorRefFrom, Subscription } from 'xstate';
import {
  agentLifecycleChart,
  type agentLifecycleMachine,
} from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEventType,
} from '../../../machines/agent-lifecycle.types.js';
import type { AgentLifecycle } from '../../record/agent-lifecycle.js';
import { FailureReason } from '../../values/failure-reason.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import { accepts } from '../../chart/accepts.js';
import { leafOf } from '../../chart/top-state.js';
import type { AgentDriverFactory, AgentOutput } from '../agent-driver.js';
import { AgentHostError } from '../agent-host-error.js';
import type { AgentSpec, ResolvedAgentSpec } from '../agent-spec.js';
import { timeOf, type Clock } from '../../util/clock.js';
import { answer, type CommandAnswer } from './command-answer.js';
import {
  Incarnation,
  type AgentReport,
  type DrainAnswer,
  type IncarnationObserver,
  type RunningTimer,
} from './incarnation.js';
import { isOnItsWayOut, type AgentGoal } from '../persistence/agent-goal.js';
import { givenUpAfter } from '../persistence/given-up.js';
import { GoalKeeper } from '../persistence/goal-keeper.js';
import type { AgentPast, RestoreActor } from '../persistence/host-memory.js';
import type { Inspection } from '../inspection.js';
import { interruptionsIn } from '../persistence/interruptions.js';
import { Journal, type JournalPast } from '../journal.js';
import type { Lease } from '../requests/lease-table.js';
import { Listeners } from '../../util/listeners.js';
import { nextTurn } from '../../util/next-turn.js';
import { RequestError } from '../requests/request-error.js';
import {
  candidateFailed,
  RollingSwap,
  type SwapAnswer,
  type SwapSpec,
  type SwapUnderWay,
} from '../supervision/rolling-swap.js';
import { Supervisor, type Supervision } from '../supervision/supervisor.js';

/** @param generation of the incarnation to which it happened: not always the one that serves */
export type AgentListener = (event: AgentLifecycleEmitted, agent: Agent, generation: number) => void;

export interface AgentOptions {
  readonly spec: ResolvedAgentSpec;
  /** The number of the first incarnation. */
  readonly generation: number;
  /** That of the deployment before, which goes on in this one. */
  readonly journal?: JournalPast | undefined;
  /** What an earlier host knew of it; null for an agent that is new. */
  readonly past: AgentPast | null;
}

/** What all agents of a host share: it outlives each of them, and holds none that is gone. */
export interface AgentSurroundings {
  /** @throws {AgentHostError} `UnknownDriver` */
  readonly driverFor: (spec: AgentSpec) => AgentDriverFactory;
  readonly clock: Clock;
  readonly journalCapacity: number;
  /** Is shown their actors. */
  readonly inspection: Inspection;
  /** Another agent of the host; undefined where none has that name. */
  readonly other: (name: string) => Agent | undefined;
  /** @throws {InvalidValueError} for options of a driver that the memory of its host could not keep */
  readonly expectKeepable: (options: unknown) => void;
  /** Told when something has happened to one, in the middle of that. */
  readonly onChange: (agent: Agent) => void;
  /** Told when something has happened to one that changes nothing. */
  readonly onOccurrence: (agent: Agent) => void;
  readonly onOutput: (output: AgentOutput, agent: Agent) => void;
  /** Told what a driver's dispose or a listener threw, which concerns nobody else. */
  readonly onError: (error: unknown, agent: Agent) => void;
}

/** Commands that bring an agent nearer to running. */
const STARTS: readonly AgentLifecycleEventType[] = ['agent.load', 'agent.instantiate', 'agent.start'];

/** Commands by which an operator lets an agent go. */
const LETS_GO: readonly AgentLifecycleEventType[] = [
  'agent.drain',
  'agent.stop',
  'agent.unload',
  'agent.fail',
];

const REQUEST_OPTIONS = ['signal'];

/** A deployed agent: one incarnation after another, as its supervisor decides. */
export class Agent {
  readonly name: string;
  /** What has happened to it, of late. */
  readonly journal: Journal;
  readonly #surroundings: AgentSurroundings;
  /** Whether no earlier host had it. */
  readonly #isNew: boolean;
  /** The number of the last entry of its journal that an earlier host has written; 0 for none. */
  readonly recalled: number;
  readonly #supervisor: Supervisor;
  readonly #goals: GoalKeeper;
  readonly #listeners = new Listeners<[AgentLifecycleEmitted, Agent, number]>();
  /** Earlier incarnations that are being disposed of. */
  readonly #leaving = new Set<Promise<AgentReport>>();
  #incarnation: Incarnation;
  #lastGeneration: number;
  #swap: RollingSwap | null = null;
  #isCordoned: boolean;
  /** Whether it is to end for good: nothing is brought up from then on. */
  #isLeaving = false;

  /** @throws {InvalidValueError} and whatever the driver's factory throws; nothing is left behind then. */
  constructor(surroundings: AgentSurroundings, { spec, generation, journal, past }: AgentOptions) {
    const { clock, journalCapacity, inspection } = surroundings;
    surroundings.expectKeepable(spec.options);
    this.name = spec.name;
    this.#surroundings = surroundings;
    this.#isNew = past === null;
    this.recalled = past?.journal.entries.at(-1)?.sequence ?? 0;
    this.#lastGeneration = past?.lastGeneration ?? generation - 1;
    this.#isCordoned = past?.isCordoned ?? false;
    this.#goals = new GoalKeeper(past?.goal ?? 'running');
    this.journal = new Journal({
      capacity: journalCapacity,
      before: journal ?? past?.journal,
      now: () => timeOf(clock),
      onError: this.#report,
    });
    this.journal.subscribe(({ type }) => {
      // These are told in the middle of a step: what there is to keep comes with the step itself.
      if (type === 'operation' || type === 'refusal') surroundings.onOccurrence(this);
      else surroundings.onChange(this);
    });
    this.#supervisor = new Supervisor({
      name: spec.name,
      restart: spec.restart,
      clock,
      journal: this.journal,
      givenUpAfter: past === null ? null : givenUpAfter(past),
      onRestartDue: () => void this.#restart(),
    });
    for (const { generation, occurrence } of past === null ? [] : interruptionsIn(past)) {
      this.journal.append(generation, occurrence);
    }
    const isOver = past?.goal === 'ended';
    this.#incarnation = isOver ? this.#finish(past, spec) : this.#incarnate(spec);
    // An agent that cannot be made is never seen.
    inspection.add(this.#supervisor.actor, this.#report);
    if (!isOver) this.#adopt(this.#incarnation);
    if (past?.goal === 'running') this.#supervisor.want();
    this.#supervisor.actor.subscribe({
      next: () => {
        surroundings.onChange(this);
      },
      error: this.#report,
    });
  }

  /** Of the incarnation that serves: 1 for the first under this name. */
  get generation(): number {
    return this.#incarnation.generation;
  }

  /** Of the last incarnation: one that is to take the place of another, or was to, is higher than that. */
  get lastGeneration(): number {
    return this.#lastGeneration;
  }

  get dependsOn(): readonly string[] {
    return this.spec.dependsOn;
  }

  /** Of the incarnation that serves. */
  get spec(): ResolvedAgentSpec {
    return this.#incarnation.spec;
  }

  /** The lifecycle itself. What a listener on it throws is not caught: `subscribe` is the safe way to listen. */
  get actor(): ActorRefFrom<typeof agentLifecycleMachine> {
    return this.#incarnation.actor;
  }

  get state(): AgentLifecycleState {
    return this.#incarnation.state;
  }

  get record(): AgentLifecycle {
    return this.#incarnation.record;
  }

  /** Whether the lifecycle of its last incarnation has ended. A supervisor may bring up another. */
  get hasEnded(): boolean {
    return this.#incarnation.hasEnded;
  }

  get report(): AgentReport {
    return this.#incarnation.report;
  }

  /** The timeout that runs now. */
  get timer(): RunningTimer | null {
    return this.#incarnation.timer;
  }

  get supervision(): Supervision {
    return this.#supervisor.state;
  }

  /** Why its last incarnation ended, where the supervisor has dealt with that. */
  get lastFailure(): string | null {
    return this.#supervisor.lastFailure;
  }

  /** Of what its last incarnation has failed; null where it has not. */
  get failure(): Error | null {
    return this.#incarnation.failure;
  }

  /** Whether it runs, and is not about to stop. */
  get isServing(): boolean {
    return this.#incarnation.isServing;
  }

  get isCordoned(): boolean {
    return this.#isCordoned;
  }

  /**
   * The agents that it depends on and that are not running, while it rests until they are; none where it has been
   * started, has ended, or is not to run.
   */
  get waitsFor(): readonly string[] {
    const snapshot = this.actor.getSnapshot();
    const isResting = !snapshot.hasTag('transitioning') && !snapshot.hasTag('active') && !this.hasEnded;
    if (!isResting || this.#isLeaving || !this.isToRun) return [];
    return this.dependsOn.filter((name) => this.#surroundings.other(name)?.isServing === false);
  }

  /** The swap whose answer is still to come; null where there is none. */
  get swapUnderWay(): SwapUnderWay | null {
    return this.#swap?.underWay ?? null;
  }

  /** What a host that ends is to find again when it is back. */
  get goal(): AgentGoal {
    return this.#goals.goal({
      isWanted: this.#supervisor.isAgentWanted,
      isOnItsWayOut: isOnItsWayOut(this.actor),
    });
  }

  /** Whether a host that starts runs it: one that an earlier host had only if it was meant to run there. */
  get isToRun(): boolean {
    return this.#isNew || this.goal === 'running';
  }

  /** Milliseconds since 1970, by the clock of its host. */
  get now(): number {
    return timeOf(this.#surroundings.clock);
  }

  /** Brings it as far as an earlier host had it that did not run it; answers what went wrong with that. */
  catchUp(): Promise<CommandAnswer['error']> {
    const { goal } = this;
    return this.#goals.catchUp(async () => {
      if (this.state === 'unloaded' && (goal === 'loaded' || goal === 'ready')) {
        const { error } = await this.#incarnation.load();
        if (error !== null) return error;
      }
      if (this.state !== 'loaded' || goal !== 'ready') return null;
      return (await this.#incarnation.instantiate()).error;
    });
  }

  load(): Promise<CommandAnswer> {
    return this.#incarnation.load();
  }

  instantiate(): Promise<CommandAnswer> {
    return this.#incarnation.instantiate();
  }

  start(): Promise<CommandAnswer> {
    return this.#incarnation.start();
  }

  /**
   * Accepts nothing more and lets what is pending finish; answers when the agent has stopped. As `stop`, `unload` and
   * `fail`, it has an agent that waits for its restart wait no more.
   */
  async drain(): Promise<DrainAnswer> {
    if (this.supervision !== 'backingOff') return this.#incarnation.drain();
    return { ...(await this.#cancelRestart()), report: null };
  }

  /** Stops without waiting for requests. */
  stop(): Promise<CommandAnswer> {
    return this.supervision === 'backingOff' ? this.#cancelRestart() : this.#incarnation.stop();
  }

  unload(): Promise<CommandAnswer> {
    return this.supervision === 'backingOff' ? this.#cancelRestart() : this.#incarnation.unload();
  }

  /** @param reason a string or an Error; anything else is `Unknown failure` */
  fail(reason?: unknown): Promise<CommandAnswer> {
    return this.supervision === 'backingOff' ? this.#cancelRestart() : this.#incarnation.fail(reason);
  }

  /**
   * Loads, instantiates and starts, from whichever of these steps is next; an agent that waits for its restart, or
   * that its supervisor has given up, is restarted now.
   */
  async run(): Promise<CommandAnswer> {
    await nextTurn();
    if (this.supervision === 'backingOff' || this.supervision === 'gaveUp') {
      const failed = this.#tryIncarnateNext();
      if (failed !== null) return failed;
    }
    if (STARTS.some((type) => accepts(this.actor.getSnapshot()).includes(type))) this.#supervisor.want();
    return this.#incarnation.run();
  }

  /**
   * The next incarnation of an agent that has ended, unloaded, and wanted by nobody yet. Without effect on one that has
   * not, that is being brought down, or of which a swap brings up another. Answers only where its driver cannot be made.
   */
  renew(): CommandAnswer | null {
    if (!this.#canIncarnate()) return null;
    this.#goals.restAt('unloaded');
    this.#supervisor.letGo();
    return this.#tryIncarnateNext();
  }

  /**
   * Brings another version of the agent up beside this one, has it take the requests from then on, and drains this
   * one. A version that does not come up leaves this one as it was. Answers when one of the two is down.
   *
   * @param spec what is other than before; the `versionNumber` must be higher
   * @throws {AgentHostError} `VersionNotHigher`, `SwapInProgress`, `NotRunning`, `AgentLeaving`, `UnknownDriver`
   * @throws {InvalidValueError} for a spec that is not what it should be
   */
  async swap(spec: SwapSpec): Promise<SwapAnswer> {
    await nextTurn();
    if (this.#isLeaving) throw new AgentHostError({ code: 'AgentLeaving', agent: this.name });
    const swap = new RollingSwap(this.#incarnation, spec, this.#swap);
    this.#surroundings.expectKeepable(swap.spec.options);
    this.#surroundings.driverFor(swap.spec);
    let candidate: Incarnation;
    try {
      candidate = this.#incarnate(swap.spec);
    } catch (cause) {
      const error = candidateFailed(this.name, cause);
      const serving = this.generation;
      this.journal.append(++this.#lastGeneration, { type: 'swapFailed', serving, reason: error.message });
      return { swapped: false, serving, error };
    }
    this.#swap = swap;
    try {
      return await swap.carryOut(candidate, {
        onReplaced: () => {
          this.#supervisor.want();
          this.#adopt(candidate);
        },
        onOccurrence: (occurrence) => {
          this.journal.append(candidate.generation, occurrence);
        },
      });
    } finally {
      this.#swap = null;
      // An end in the meantime waited for what the swap would come to.
      void this.#restart();
    }
  }

  /** Accepts no requests until it is uncordoned, and goes on with those in flight. */
  cordon(): void {
    this.#setCordoned(true);
  }

  uncordon(): void {
    this.#setCordoned(false);
  }

  /**
   * Has the agent answer a request.
   *
   * @throws {StateTransitionError} when the agent does not accept it
   * @throws {RequestError} when it is cordoned, when the request was accepted and failed, or the agent went before
   * it ended
   * @throws the reason of `signal` when that was aborted
   */
  async request(payload: unknown, options: { signal?: AbortSignal | undefined } = {}): Promise<unknown> {
    refuseUnknown('options', options, REQUEST_OPTIONS);
    await nextTurn();
    return this.#accepting().request(payload, options);
  }

  /**
   * Counts a request that the caller carries out itself as pending, until its lease is released.
   *
   * @throws {StateTransitionError} when the agent does not accept it
   * @throws {RequestError} `AgentCordoned`
   */
  async accept(): Promise<Lease> {
    await nextTurn();
    return this.#accepting().accept();
  }

  /** Hears each transition and each refusal, after the state has changed. What a listener throws is caught. */
  subscribe(listener: AgentListener): Subscription {
    return this.#listeners.add(listener);
  }

  /** Calls a listener whenever its journal, or what its supervisor does, has changed. */
  onChange(listener: () => void): Subscription {
    const subscriptions = [
      this.journal.subscribe(listener),
      this.#supervisor.actor.subscribe({ next: listener, error: this.#report }),
    ];
    return {
      unsubscribe: () => {
        for (const each of subscriptions) each.unsubscribe();
      },
    };
  }

  /**
   * Brings the agent down from whatever state it is in, and disposes of it; it is not restarted. It may be called
   * again, with `force`, while a first call still waits for requests.
   */
  async bringDown(options: { force?: boolean } = {}): Promise<AgentReport> {
    refuseUnknown('options', options, ['force']);
    if (!this.#isLeaving) this.#goals.leave(this.goal);
    this.#isLeaving = true;
    this.#supervisor.letGo();
    const [report, ...others] = await Promise.all([
      this.#incarnation.bringDown(options),
      ...(this.#swap === null ? [] : [this.#swap.abandon(options)]),
      ...this.#leaving,
    ]);
    return { ...report, replaced: others.filter((other) => other !== null) };
  }

  /** Brings the agent down, for good. */
  async remove(): Promise<AgentReport> {
    const report = await this.bringDown();
    this.#supervisor.remove();
    return report;
  }

  #accepting(): Incarnation {
    if (this.#isCordoned && this.isServing) throw new RequestError('AgentCordoned', this.name);
    return this.#incarnation;
  }

  #setCordoned(isCordoned: boolean): void {
    if (this.#isCordoned === isCordoned) return;
    this.#isCordoned = isCordoned;
    this.journal.append(this.generation, { type: isCordoned ? 'cordoned' : 'uncordoned' });
  }

  /** All that there is to end of an agent that waits for its restart. */
  async #cancelRestart(): Promise<CommandAnswer> {
    await nextTurn();
    this.#supervisor.letGo();
    this.journal.append(this.generation, { type: 'restartCancelled' });
    return answer(this.state, this.state);
  }

  #canIncarnate(): boolean {
    return this.hasEnded && !this.#isLeaving && this.#swap?.isComingUp !== true;
  }

  /** One that was to end goes on with that, in the same generation. Those who waited for its requests are gone. */
  #finish({ generation, leaf, restore }: AgentPast, spec: ResolvedAgentSpec): Incarnation {
    const { clock, driverFor, inspection } = this.#surroundings;
    const createDriver = driverFor(spec);
    const observer = this.#observerOf(generation);
    // Known before it is there: it may end at once.
    this.#supervisor.adopt(generation);
    const ending = new Incarnation({
      spec,
      generation,
      createDriver,
      clock,
      inspection,
      observer,
      // No operation has been at work while there was no host: it has failed by no time that it did not have.
      restore: (agentLifecycleChart.leaves.get(leaf) ?? null) === null ? restore : withTimeAnew(restore),
    });
    if (leafOf(ending.actor.getSnapshot().value) === 'draining.awaitingRequests') void ending.stop();
    return ending;
  }

  #incarnateNext(): void {
    if (!this.#canIncarnate()) return;
    const next = this.#incarnate(this.spec);
    const left = this.#incarnation.bringDown().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    this.#adopt(next);
  }

  #incarnate(spec: ResolvedAgentSpec): Incarnation {
    const { clock, driverFor, inspection } = this.#surroundings;
    const createDriver = driverFor(spec);
    const generation = this.#lastGeneration + 1;
    const observer = this.#observerOf(generation);
    const incarnation = new Incarnation({ spec, generation, createDriver, clock, inspection, observer });
    this.#lastGeneration = generation;
    const { version, versionNumber } = spec;
    this.journal.append(generation, { type: 'deployed', version, versionNumber });
    return incarnation;
  }

  #adopt(incarnation: Incarnation): void {
    this.#incarnation = incarnation;
    this.#supervisor.adopt(incarnation.generation);
  }

  #observerOf(generation: number): IncarnationObserver {
    return {
      onOccurrence: (occurrence) => {
        this.journal.append(generation, occurrence);
      },
      onEmitted: (event) => {
        this.#listeners.notify(this.#report, event, this, generation);
      },
      onCommand: (type) => {
        this.#goals.hear(type, { isStart: STARTS.includes(type) });
        if (type === 'agent.start') this.#supervisor.want();
        if (!LETS_GO.includes(type)) return;
        this.#goals.letGo();
        this.#supervisor.letGo();
        void this.#swap?.abandon({ force: type !== 'agent.drain' });
      },
      onEnd: (state, failureReason, upFor) => {
        this.#supervisor.hearEnd(generation, state, failureReason, upFor);
      },
      onOutput: (output) => {
        this.#surroundings.onOutput(output, this);
      },
      onError: this.#report,
    };
  }

  /** Brings up the next incarnation, where one is wanted and there is none, nor is about to be. */
  async #restart(): Promise<void> {
    if (!this.#canIncarnate() || this.supervision !== 'supervised') return;
    if (this.#tryIncarnateNext() !== null) return;
    this.journal.append(this.generation, { type: 'restarted' });
    await this.#incarnation.run();
  }

  /** That its driver cannot even be made is how that incarnation has ended, and answers whoever wanted it. */
  #tryIncarnateNext(): CommandAnswer | null {
    try {
      this.#incarnateNext();
      return null;
    } catch (cause) {
      const generation = ++this.#lastGeneration;
      const reason = FailureReason.describe(cause);
      this.#report(cause);
      this.#supervisor.adopt(generation);
      this.#supervisor.hearEnd(generation, 'failed', reason, 0);
      const detail = { code: 'OperationFailed', operation: 'loading', reason } as const;
      return answer(this.state, this.state, new StateTransitionError(detail, { cause }));
    }
  }

  readonly #report = (error: unknown): void => {
    this.#surroundings.onError(error, this);
  };
}

function withTimeAnew(restore: RestoreActor): RestoreActor {
  return (machine, options) => restore(machine, { ...options, timers: 'restart' });
}
