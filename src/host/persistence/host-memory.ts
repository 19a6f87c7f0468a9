import type { LifecycleActor } from '../../snapshot/lifecycle-actor.js';
import type { RestoredTimers } from '../../snapshot/restore-lifecycle.js';
import type { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type { Clock } from '../../util/clock.js';
import type { AgentGoal } from './agent-goal.js';
import type { Agent } from '../agent/agent.js';
import type { JournalPast } from '../journal.js';

/** What an earlier host knew of an agent. */
export interface AgentPast {
  readonly goal: AgentGoal;
  readonly isCordoned: boolean;
  /** Of the incarnation that served. */
  readonly generation: number;
  /** Of the last incarnation, one that was to take the place of another among them. */
  readonly lastGeneration: number;
  /** The state, with its child, of its lifecycle. */
  readonly leaf: string;
  /** The lifecycle, not yet started, as it goes on from there. */
  readonly restore: RestoreActor;
  readonly journal: JournalPast;
}

export type RestoreActor = (
  machine: typeof agentLifecycleMachine,
  options: {
    readonly id: string;
    readonly clock: Clock;
    readonly now: () => number;
    /** `deadline` by default. */
    readonly timers?: RestoredTimers;
  },
) => LifecycleActor;

/** What a host does not forget when its process ends. None of its methods throws, save the first two. */
export interface HostMemory {
  /** Called before an agent is admitted. @throws {InvalidValueError} for options that would be others when it is back */
  expectKeepable(options: unknown): void;
  /** Null for an agent that is new. @throws when it cannot be read */
  recall(name: string): AgentPast | null;
  /** Called before whoever had something happen to an agent has an answer. */
  remember(agent: Agent): void;
  /** Called when something has happened that nobody relies on: it may be kept a little later. */
  rememberSoon(agent: Agent): void;
  forget(name: string): void;
}
