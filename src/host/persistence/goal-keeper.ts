import type { AgentLifecycleEventType } from '../../../machines/agent-lifecycle.types.js';
import { restBehind, type AgentGoal } from './agent-goal.js';

/** Remembers where an agent is meant to be, so that a host that ends finds it there again when it is back. */
export class GoalKeeper {
  /** Where it rests while it is not wanted, and has not ended; a host that starts runs what is new. */
  #rest: AgentGoal;
  /** Whether its host brings it as far as an earlier one had it, which says nothing new. */
  #isCatchingUp = false;
  /** Where it was meant to be when its host began to bring it down, unless an operator has let it go since. */
  #goalAtLeave: AgentGoal | null = null;

  constructor(rest: AgentGoal) {
    this.#rest = rest;
  }

  /** @param isOnItsWayOut whether it has ended, or is about to */
  goal({ isWanted, isOnItsWayOut }: { isWanted: boolean; isOnItsWayOut: boolean }): AgentGoal {
    if (this.#goalAtLeave !== null) return this.#goalAtLeave;
    if (isWanted) return 'running';
    return isOnItsWayOut ? 'ended' : this.#rest;
  }

  /**
   * A command says how far the agent is to come.
   *
   * @param isStart whether it brings the agent nearer to running, as its host does where it catches up
   */
  hear(command: AgentLifecycleEventType, { isStart }: { isStart: boolean }): void {
    if (!(isStart && this.#isCatchingUp)) this.#rest = restBehind(command) ?? this.#rest;
  }

  restAt(rest: AgentGoal): void {
    this.#rest = rest;
  }

  /** The host brings the agent down: what it was meant for stays. */
  leave(goal: AgentGoal): void {
    this.#goalAtLeave = goal;
  }

  /** An operator has let it go, after all. */
  letGo(): void {
    this.#goalAtLeave = null;
  }

  async catchUp<Outcome>(bring: () => Promise<Outcome>): Promise<Outcome> {
    this.#isCatchingUp = true;
    try {
      return await bring();
    } finally {
      this.#isCatchingUp = false;
    }
  }
}
