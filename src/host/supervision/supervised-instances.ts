import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type {
  AgentLifecycleEmitted,
  AgentLifecycleEventType,
} from '../../../machines/agent-lifecycle.types.js';
import { statePath } from '../../chart/state-path.js';
import { microtask } from '../../util/microtask.js';
import { FailureReason } from '../../values/failure-reason.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import type { AgentOutput } from '../agent-driver.js';
import { AgentHostError } from '../agent-host-error.js';
import type { ResolvedAgentSpec } from '../agent-spec.js';
import { AgentInstance, type AgentInstanceObserver } from '../agent/agent-instance.js';
import type { AgentReport } from '../agent/agent-report.js';
import { commandResult, type CommandResult } from '../agent/command-result.js';
import type { HostContext } from '../host-context.js';
import type { Journal } from '../journal.js';
import { ENDS } from '../persistence/desired-state.js';
import {
  exhaustedRestarts,
  interruptedOperations,
  type PersistedAgent,
  type RestoreActor,
} from '../persistence/persisted-agent.js';
import { candidateFailed, RollingSwap, type SwapResult, type SwapSpec } from './rolling-swap.js';
import { Supervisor } from './supervisor.js';

export interface SupervisedInstancesOptions {
  readonly spec: ResolvedAgentSpec;
  /** The number of the first instance of an agent that no earlier host had. */
  readonly generation: number;
  readonly past: PersistedAgent | null;
  readonly journal: Journal;
  readonly context: HostContext;
  readonly observer: {
    onEmitted(event: AgentLifecycleEmitted, generation: number): void;
    /** Called for a command that the lifecycle will take, before the supervisor receives it. */
    onCommand(type: AgentLifecycleEventType): void;
    /** Called when the current instance may take a request that waits, or will take none. */
    onRequestsChanged(): void;
    onOutput(output: AgentOutput): void;
    readonly onError: (error: unknown) => void;
  };
}

/**
 * The instances of an agent, one generation after another: the supervisor decides on restarts, a swap replaces the
 * version. Nothing happens before `start()`.
 */
export class SupervisedInstances {
  readonly supervisor: Supervisor;
  readonly #options: SupervisedInstancesOptions;
  /** Earlier instances that are being shut down. */
  readonly #leaving = new Set<Promise<AgentReport>>();
  #current: AgentInstance;
  #lastGeneration: number;
  #swap: RollingSwap | null = null;
  #isLeaving = false;
  /** Whether the current instance has followed one that ended. */
  #isReplacement = false;

  /** @throws {InvalidValueError} and whatever the driver's factory throws; nothing is left behind then. */
  constructor(options: SupervisedInstancesOptions) {
    const { spec, generation, past, journal, context } = options;
    this.#options = options;
    this.#lastGeneration = past?.lastGeneration ?? generation - 1;
    this.supervisor = new Supervisor({
      name: spec.name,
      restart: spec.restart,
      clock: context.clock,
      journal,
      givenUpAfter: past === null ? null : exhaustedRestarts(past),
      onRestartDue: () => void this.#restart(),
    });
    this.#current = past?.goal === 'ended' ? this.#restore(past) : this.#make(spec);
  }

  /** The instance that serves, or that served last. */
  get current(): AgentInstance {
    return this.#current;
  }

  /** The highest generation so far; a swap's candidate has a higher one than the instance that serves. */
  get lastGeneration(): number {
    return this.#lastGeneration;
  }

  get swapUnderWay(): RollingSwap['underWay'] {
    return this.#swap?.underWay ?? null;
  }

  /** Whether the agent is being shut down: no instance is brought up from then on. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Whether the current instance has ended and another may take its place. */
  get canBeReplaced(): boolean {
    return this.#current.hasEnded && !this.#isLeaving && this.#swap?.isComingUp !== true;
  }

  /** Whether an instance comes up in place of one that has ended by itself: by a restart, or a swap. */
  get isComingBack(): boolean {
    if (this.#isLeaving || !this.supervisor.isAgentWanted) return false;
    if (this.supervisor.state === 'backingOff' || this.#swap?.isComingUp === true) return true;
    return !this.#current.hasEnded && (this.#isReplacement || this.#current.hasServed);
  }

  /** Whether a swap has replaced that instance. */
  isReplaced(instance: unknown): boolean {
    return !this.#isLeaving && this.#swap?.hasReplaced(instance) === true;
  }

  /** Starts the supervisor and the first instance. */
  start(): void {
    const { past, journal } = this.#options;
    for (const { generation, occurrence } of past === null ? [] : interruptedOperations(past)) {
      journal.append(generation, occurrence);
    }
    this.supervisor.start();
    this.#inspect(this.#current);
    this.#inspect(this.supervisor);
    const isRestored = past?.goal === 'ended';
    if (!isRestored) this.#logDeployed(this.#current);
    this.supervisor.adopt(this.#current.generation);
    if (past?.goal === 'running') this.supervisor.want();
    this.#current.start();
    // Whoever waited for the requests of a restored agent is gone.
    const isWaiting = statePath(this.#current.actor.getSnapshot().value) === 'draining.awaitingRequests';
    if (isRestored && isWaiting) void this.#current.command({ type: 'agent.stop' });
  }

  /** Makes the next instance the current one. Returns an error result where its driver cannot be made. */
  next(): CommandResult | null {
    if (!this.canBeReplaced) return null;
    let next: AgentInstance;
    try {
      next = this.#make(this.#current.spec);
    } catch (cause) {
      return this.#onNotMade(cause);
    }
    const left = this.#current.shutDown().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    this.#inspect(next);
    this.#logDeployed(next);
    this.#isReplacement = true;
    this.#adopt(next);
    next.start();
    return null;
  }

  /** @see Agent.swap */
  async swap(spec: SwapSpec): Promise<SwapResult> {
    const { journal, context } = this.#options;
    const { name } = this.#current.spec;
    if (this.#isLeaving) throw new AgentHostError({ code: 'AgentLeaving', agent: name });
    const swap = new RollingSwap(this.#current, spec, this.#swap);
    context.assertSerializable(swap.spec);
    context.driverFor(swap.spec);
    let candidate: AgentInstance;
    try {
      candidate = this.#make(swap.spec);
    } catch (cause) {
      const error = candidateFailed(name, cause);
      const serving = this.#current.generation;
      journal.append(++this.#lastGeneration, { type: 'swapFailed', serving, reason: error.message });
      return { swapped: false, serving, error };
    }
    this.#swap = swap;
    this.#inspect(candidate);
    this.#logDeployed(candidate);
    try {
      return await swap.carryOut(candidate, {
        onReplaced: () => {
          this.supervisor.want();
          this.#adopt(candidate);
        },
        onOccurrence: (occurrence) => {
          journal.append(candidate.generation, occurrence);
        },
      });
    } finally {
      this.#swap = null;
      // An agent that ended in the meantime waited for the outcome of the swap.
      void this.#restart();
    }
  }

  /** Ends an agent that waits for its restart. */
  async cancelRestart(): Promise<CommandResult> {
    await microtask();
    this.supervisor.letGo();
    this.#options.journal.append(this.#current.generation, { type: 'restartCancelled' });
    return commandResult(this.#current.state, this.#current.state);
  }

  /** Shuts all instances down for good. It may be called again, with `force`. */
  async shutDown(options: { force?: boolean }): Promise<AgentReport> {
    this.#isLeaving = true;
    this.supervisor.letGo();
    const [report, ...others] = await Promise.all([
      this.#current.shutDown(options),
      ...(this.#swap === null ? [] : [this.#swap.abandon(options)]),
      ...this.#leaving,
    ]);
    return { ...report, replaced: others.filter((other) => other !== null) };
  }

  #make(spec: ResolvedAgentSpec): AgentInstance {
    const generation = this.#lastGeneration + 1;
    const instance = this.#instanceOf(spec, generation);
    this.#lastGeneration = generation;
    return instance;
  }

  /** Restores an agent that was to end, in the same generation. */
  #restore({ generation, leaf, restore }: PersistedAgent): AgentInstance {
    // No operation was at work while there was no host: that time does not count against its timeout.
    const isAtWork = (agentLifecycleChart.leaves.get(leaf) ?? null) !== null;
    const restarted: RestoreActor = (machine, options) => restore(machine, { ...options, timers: 'restart' });
    return this.#instanceOf(this.#options.spec, generation, isAtWork ? restarted : restore);
  }

  #instanceOf(spec: ResolvedAgentSpec, generation: number, restore?: RestoreActor): AgentInstance {
    const { clock, sweep, driverFor } = this.#options.context;
    const createDriver = driverFor(spec);
    const observer = this.#observerOf(generation);
    return new AgentInstance({ spec, generation, createDriver, clock, sweep, observer, restore });
  }

  #inspect({ actor }: AgentInstance | Supervisor): void {
    this.#options.context.inspection.add(actor, this.#options.observer.onError);
  }

  #logDeployed({ generation, spec: { version, versionNumber } }: AgentInstance): void {
    this.#options.journal.append(generation, { type: 'deployed', version, versionNumber });
  }

  #adopt(instance: AgentInstance): void {
    this.#current = instance;
    this.supervisor.adopt(instance.generation);
  }

  #observerOf(generation: number): AgentInstanceObserver {
    const { journal, observer } = this.#options;
    return {
      onOccurrence: (occurrence) => {
        journal.append(generation, occurrence);
      },
      onPlaceFree: () => {
        observer.onRequestsChanged();
      },
      onEmitted: (event) => {
        observer.onEmitted(event, generation);
      },
      onCommand: (type) => {
        observer.onCommand(type);
        if (type === 'agent.start') this.supervisor.want();
        if (!ENDS.includes(type)) return;
        this.supervisor.letGo();
        void this.#swap?.abandon({ force: type !== 'agent.drain' });
      },
      onEnd: (state, failureReason, upFor) => {
        this.supervisor.onEnd(generation, state, failureReason, upFor);
      },
      onOutput: (output) => {
        observer.onOutput(output);
      },
      onError: observer.onError,
    };
  }

  /** Brings up the next instance where one is wanted and the current one has ended. */
  async #restart(): Promise<void> {
    if (!this.canBeReplaced || this.supervisor.state !== 'supervised') return;
    if (this.next() !== null) return;
    this.#options.journal.append(this.#current.generation, { type: 'restarted' });
    await this.#current.bringUp();
  }

  /** An instance whose driver cannot be made has failed: the supervisor decides on it as on any other. */
  #onNotMade(cause: unknown): CommandResult {
    const generation = ++this.#lastGeneration;
    const reason = FailureReason.describe(cause);
    this.#options.observer.onError(cause);
    this.supervisor.adopt(generation);
    this.supervisor.onEnd(generation, 'failed', reason, 0);
    const detail = { code: 'OperationFailed', operation: 'loading', reason } as const;
    const { state } = this.#current;
    return commandResult(state, state, new StateTransitionError(detail, { cause }));
  }
}
