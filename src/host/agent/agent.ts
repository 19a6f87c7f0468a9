import type { Subscription } from 'xstate';
import type { AgentLifecycleActorRef } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleEmitted } from '../../../machines/agent-lifecycle.types.js';
import { accepts } from '../../chart/accepts.js';
import type { AgentLifecycle } from '../../record/agent-lifecycle.js';
import { timeOf } from '../../util/clock.js';
import { Listeners } from '../../util/listeners.js';
import { microtask } from '../../util/microtask.js';
import { assertKnownKeys } from '../../values/assert-known-keys.js';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { ResolvedAgentSpec } from '../agent-spec.js';
import type { HostContext } from '../host-context.js';
import { Journal, type JournalPast } from '../journal.js';
import { DesiredState, isOnItsWayOut, STARTS, type DesiredAgentState } from '../persistence/desired-state.js';
import type { PersistedAgent } from '../persistence/persisted-agent.js';
import type { Lease } from '../requests/lease-table.js';
import type { RequestCounts, RequestEnd, RequestOptions } from '../requests/agent-request.js';
import { RequestRouter, type RoutedAgent } from '../requests/request-router.js';
import type { SwapResult, SwapSpec, SwapUnderWay } from '../supervision/rolling-swap.js';
import type { Supervision } from '../supervision/supervise-step.js';
import { SupervisedInstances } from '../supervision/supervised-instances.js';
import type { AgentInstance } from './agent-instance.js';
import type { AgentReport, DrainResult, RunningTimer } from './agent-report.js';
import type { CommandResult } from './command-result.js';

/**
 * Called with each event that an agent emits.
 *
 * @param generation of the instance that emitted the event: not always the one that serves
 */
export type AgentListener = (event: AgentLifecycleEmitted, agent: Agent, generation: number) => void;

export interface AgentOptions {
  readonly spec: ResolvedAgentSpec;
  /** The number of the first instance. */
  readonly generation: number;
  /** The journal of an earlier deployment under this name, which this one continues. */
  readonly journal?: JournalPast | undefined;
  /** What an earlier host saved of the agent; null for a new one. */
  readonly past: PersistedAgent | null;
}

/** A deployed agent: its commands, its requests and its journal. Its instances follow each other, one a generation. */
export class Agent {
  readonly name: string;
  /** The latest events of the agent. */
  readonly journal: Journal;
  readonly #context: HostContext;
  /** Whether no earlier host had it. */
  readonly #isNew: boolean;
  readonly #instances: SupervisedInstances;
  readonly #desired: DesiredState;
  readonly #router: RequestRouter;
  readonly #listeners = new Listeners<[AgentLifecycleEmitted, Agent, number]>();
  readonly #requestListeners = new Listeners<[RequestEnd]>();
  #isCordoned: boolean;

  /**
   * Builds an agent. It does nothing before `start()`.
   *
   * @throws {InvalidValueError} and whatever the driver's factory throws; nothing is left behind then.
   */
  constructor(context: HostContext, { spec, generation, journal, past }: AgentOptions) {
    context.assertSerializable(spec);
    this.name = spec.name;
    this.#context = context;
    this.#isNew = past === null;
    this.#isCordoned = past?.isCordoned ?? false;
    this.#desired = new DesiredState(past?.goal ?? 'running');
    this.journal = new Journal({
      capacity: context.journalCapacity,
      before: journal ?? past?.journal,
      now: () => this.now,
      onError: this.#onError,
    });
    this.#instances = new SupervisedInstances({
      spec,
      generation,
      past,
      journal: this.journal,
      context,
      observer: {
        onEmitted: (event, of) => {
          this.#listeners.notify(this.#onError, event, this, of);
        },
        onCommand: (type) => {
          this.#desired.onCommand(type);
        },
        onRequestsChanged: () => {
          this.#router.settleSoon();
        },
        onOutput: (output) => {
          context.onOutput(output, this);
        },
        onError: this.#onError,
      },
    });
    this.#router = new RequestRouter(this.#routed(), context.sweep);
  }

  /** The number of the instance that serves: 1 for the first under this name. */
  get generation(): number {
    return this.#current.generation;
  }

  /** The highest number so far: a swap's new version has a higher one than the instance that serves. */
  get lastGeneration(): number {
    return this.#instances.lastGeneration;
  }

  get dependsOn(): readonly string[] {
    return this.spec.dependsOn;
  }

  /** The spec of the instance that serves. */
  get spec(): ResolvedAgentSpec {
    return this.#current.spec;
  }

  /** The lifecycle's actor. Errors of its listeners are not caught: `subscribe` is the safe way to listen. */
  get actor(): AgentLifecycleActorRef {
    return this.#current.actor;
  }

  get state(): AgentLifecycleState {
    return this.#current.state;
  }

  get record(): AgentLifecycle {
    return this.#current.record;
  }

  /** Whether the lifecycle of its last instance has ended. A supervisor may bring up another. */
  get hasEnded(): boolean {
    return this.#current.hasEnded;
  }

  get report(): AgentReport {
    return this.#current.report;
  }

  /** The timeout that is running. */
  get timer(): RunningTimer | null {
    return this.#current.timer;
  }

  get supervision(): Supervision {
    return this.#instances.supervisor.state;
  }

  /** Why its last instance ended, where the supervisor has handled that. */
  get lastFailure(): string | null {
    return this.#instances.supervisor.lastFailure;
  }

  /** Why its last instance has failed; null where it has not. */
  get failure(): Error | null {
    return this.#current.failure;
  }

  /** Whether it runs, and is not about to stop. */
  get isServing(): boolean {
    return this.#current.isServing;
  }

  get isCordoned(): boolean {
    return this.#isCordoned;
  }

  /**
   * The agents for which it waits before it starts: those that it depends on and that are not running. Empty for an
   * agent that was started, has ended, or is not to run.
   */
  get waitsFor(): readonly string[] {
    const snapshot = this.actor.getSnapshot();
    const isResting = !snapshot.hasTag('transitioning') && !snapshot.hasTag('active') && !this.hasEnded;
    if (!isResting || this.#instances.isLeaving || !this.isToRun) return [];
    return this.dependsOn.filter((name) => this.#context.agentNamed(name)?.isServing === false);
  }

  /** The swap in progress; null where there is none. */
  get swapUnderWay(): SwapUnderWay | null {
    return this.#instances.swapUnderWay;
  }

  /** The state to which a restarted host brings the agent. */
  get goal(): DesiredAgentState {
    return this.#desired.goal({
      isWanted: this.#instances.supervisor.isAgentWanted,
      isOnItsWayOut: isOnItsWayOut(this.actor),
    });
  }

  /** Whether a host that starts runs it: a new agent, or one that was to run on an earlier host. */
  get isToRun(): boolean {
    return this.#isNew || this.goal === 'running';
  }

  /** Milliseconds since 1970, by the clock of its host. */
  get now(): number {
    return timeOf(this.#context.clock);
  }

  /** Starts the agent's supervisor and its first instance, unloaded or as it was saved. Called once, by its host. */
  activate(): void {
    this.#instances.start();
    const onChange = () => {
      this.#context.onChange(this);
    };
    this.journal.subscribe(({ type }) => {
      // These are written in the middle of a step: the step itself saves what has changed.
      if (type === 'operation' || type === 'refusal') this.#context.onOccurrence(this);
      else onChange();
      this.#router.settleSoon();
    });
    const onSupervised = () => {
      onChange();
      this.#router.settleSoon();
    };
    this.#instances.supervisor.actor.subscribe({ next: onSupervised, error: this.#onError });
    onChange();
  }

  /** Brings an agent that is not to run as far as an earlier host had it. Returns the error, if any. */
  catchUp(): Promise<CommandResult['error']> {
    const { goal } = this;
    return this.#desired.catchUp(async () => {
      if (this.state === 'unloaded' && (goal === 'loaded' || goal === 'ready')) {
        const { error } = await this.load();
        if (error !== null) return error;
      }
      if (this.state !== 'loaded' || goal !== 'ready') return null;
      return (await this.instantiate()).error;
    });
  }

  /** Loads the agent. */
  load(): Promise<CommandResult> {
    return this.#current.command({ type: 'agent.load' });
  }

  /** Instantiates the agent. */
  instantiate(): Promise<CommandResult> {
    return this.#current.command({ type: 'agent.instantiate' });
  }

  /** Starts the agent. */
  start(): Promise<CommandResult> {
    return this.#current.command({ type: 'agent.start' });
  }

  /**
   * Accepts no more requests, waits for those pending, and stops. Resolves when the agent has stopped. Like `stop`,
   * `unload` and `fail`, it cancels a restart that is due.
   */
  async drain(): Promise<DrainResult> {
    const isDown = this.supervision === 'backingOff';
    const instance = this.#current;
    const given = await this.#endWith('agent.drain');
    return { ...given, report: isDown ? null : instance.drainReport };
  }

  /** Stops without waiting for requests. */
  stop(): Promise<CommandResult> {
    return this.#endWith('agent.stop');
  }

  /** Unloads the agent. */
  unload(): Promise<CommandResult> {
    return this.#endWith('agent.unload');
  }

  /**
   * Fails the agent, whatever it is doing.
   *
   * @param reason a string or an Error; anything else is `Unknown failure`
   */
  fail(reason?: unknown): Promise<CommandResult> {
    return this.#endWith('agent.fail', reason);
  }

  /**
   * Loads, instantiates and starts, from whichever of these steps is next. An agent that waits for its restart, or that
   * its supervisor has given up, is restarted now.
   */
  async run(): Promise<CommandResult> {
    await microtask();
    if (this.supervision === 'backingOff' || this.supervision === 'gaveUp') {
      const failed = this.#instances.next();
      if (failed !== null) return failed;
    }
    const accepted = accepts(this.actor.getSnapshot());
    if (STARTS.some((type) => accepted.includes(type))) this.#instances.supervisor.want();
    return this.#current.bringUp();
  }

  /**
   * Replaces an instance that has ended by the next one, unloaded and not to run. Does nothing for an agent that has
   * not ended, is being shut down, or is being swapped. Returns an error result where its driver cannot be made.
   */
  renew(): CommandResult | null {
    if (!this.#instances.canBeReplaced) return null;
    this.#desired.restAt('unloaded');
    this.#instances.supervisor.letGo();
    return this.#instances.next();
  }

  /**
   * Replaces the running version by another: brings that up beside it, passes it all new requests, and drains the old
   * one. If the new version does not come up, the old one goes on. Resolves when one of the two is down.
   *
   * @param spec what differs from the version before; its `versionNumber` must be higher
   * @throws {AgentHostError} `VersionNotHigher`, `SwapInProgress`, `NotRunning`, `AgentLeaving`, `UnknownDriver`
   * @throws {InvalidValueError} for an invalid spec
   */
  async swap(spec: SwapSpec): Promise<SwapResult> {
    await microtask();
    return this.#instances.swap(spec);
  }

  /** Refuses new requests until `uncordon()`; those in flight go on. */
  cordon(): void {
    this.#setCordoned(true);
  }

  /** Accepts new requests again. */
  uncordon(): void {
    this.#setCordoned(false);
  }

  /**
   * Sends the agent a request and resolves to its answer: a value, or a `ReadableStream` of the chunks of one that
   * streams. A request waits for its place while the agent has as many as it takes, is swapped or restarted.
   *
   * @throws {RequestError} `TooManyRequests`, `NotAcceptingRequests`, `AgentCordoned` where it was not accepted, with the
   * lifecycle's refusal as `cause`; any other code where it was. A stream fails with these errors, too.
   * @throws the reason of `signal` when that was aborted
   */
  request(payload: unknown, options?: RequestOptions): Promise<unknown> {
    return this.#router.request(payload, options);
  }

  /**
   * Counts a request that the caller carries out itself as pending, until its lease is released. It has no limits, and
   * waits for no place.
   *
   * @throws {RequestError} `TooManyRequests`, `NotAcceptingRequests`, `AgentCordoned`
   */
  accept(): Promise<Lease> {
    return this.#router.accept();
  }

  /** Its requests: those that wait for a place, those in work, and those of them whose answer is a stream. */
  get requests(): RequestCounts {
    return { queued: this.#router.queued, ...this.#current.counts };
  }

  /** Calls a listener at the end of each request that arrives from now on. Errors of the listener are caught. */
  onRequestEnd(listener: (end: RequestEnd) => void): Subscription {
    return this.#requestListeners.add(listener);
  }

  /** Subscribes to transitions and refusals, after the state has changed. Errors of the listener are caught. */
  subscribe(listener: AgentListener): Subscription {
    return this.#listeners.add(listener);
  }

  /** Calls a listener whenever the journal or the supervisor's state has changed. */
  onChange(listener: () => void): Subscription {
    const subscriptions = [
      this.journal.subscribe(listener),
      this.#instances.supervisor.actor.subscribe({ next: listener, error: this.#onError }),
    ];
    return {
      unsubscribe: () => {
        for (const each of subscriptions) each.unsubscribe();
      },
    };
  }

  /**
   * Shuts the agent down from whatever state it is in; it is not restarted. It may be called again, with `force`, while
   * a first call still waits for requests.
   */
  async shutDown(options: { force?: boolean } = {}): Promise<AgentReport> {
    assertKnownKeys('options', options, ['force']);
    if (!this.#instances.isLeaving) this.#desired.leave(this.goal);
    return this.#instances.shutDown(options);
  }

  /** Shuts the agent down, for good. */
  async remove(): Promise<AgentReport> {
    const report = await this.shutDown();
    this.#instances.supervisor.remove();
    return report;
  }

  get #current(): AgentInstance {
    return this.#instances.current;
  }

  #endWith(type: 'agent.drain' | 'agent.stop' | 'agent.unload' | 'agent.fail', reason?: unknown) {
    if (this.supervision === 'backingOff') return this.#instances.cancelRestart();
    return this.#current.command(type === 'agent.fail' ? { type, reason } : { type });
  }

  /** The agent as its requests see it. */
  #routed(): RoutedAgent {
    return {
      name: this.name,
      isCordoned: () => this.#isCordoned,
      current: () => this.#current,
      isComingBack: () => this.#instances.isComingBack,
      isReplaced: (target) => this.#instances.isReplaced(target),
      now: () => this.now,
      isWatched: () => this.#requestListeners.size > 0 || this.#context.requestListeners.size > 0,
      onRequestEnd: (end) => {
        this.#requestListeners.notify(this.#onError, end);
        this.#context.requestListeners.notify(this.#onError, end, this);
      },
    };
  }

  #setCordoned(isCordoned: boolean): void {
    if (this.#isCordoned === isCordoned) return;
    this.#isCordoned = isCordoned;
    this.journal.append(this.generation, { type: isCordoned ? 'cordoned' : 'uncordoned' });
    this.#router.settleSoon();
  }

  readonly #onError = (error: unknown): void => {
    this.#context.onError(error, this);
  };
}
