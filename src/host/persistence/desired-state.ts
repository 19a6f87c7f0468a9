import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentFinalState, AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { AgentLifecycleEventType } from '../../../machines/agent-lifecycle.types.js';
import { topState } from '../../chart/state-path.js';
import type { AgentLifecycleActorRef } from '../../../machines/agent-lifecycle.machine.js';

/** Where an agent is meant to be, whatever it does now: in a state from which it can go on, or at its end. */
export type DesiredAgentState = Exclude<AgentLifecycleState, 'draining' | AgentFinalState> | 'ended';

export const DESIRED_AGENT_STATES: readonly DesiredAgentState[] = [
  'ended',
  ...agentLifecycleChart.states.filter(leadsOn),
];

/** Commands that bring an agent nearer to running. */
export const STARTS: readonly AgentLifecycleEventType[] = ['agent.load', 'agent.instantiate', 'agent.start'];

/** Commands with which an operator ends an agent. */
export const ENDS: readonly AgentLifecycleEventType[] = [
  'agent.drain',
  'agent.stop',
  'agent.unload',
  'agent.fail',
];

/** Tracks the state in which an agent is meant to be. A host that is restarted brings the agent back to it. */
export class DesiredState {
  /** The state in which the agent rests while it is not to run and has not ended. */
  #rest: DesiredAgentState;
  /** Whether the host is bringing the agent to a state that it had before: its commands change no goal. */
  #isCatchingUp = false;
  /** The goal when the host began to shut the agent down; null once an operator has ended the agent. */
  #goalAtLeave: DesiredAgentState | null = null;

  constructor(rest: DesiredAgentState) {
    this.#rest = rest;
  }

  /** @param isOnItsWayOut whether it has ended, or is about to */
  goal({ isWanted, isOnItsWayOut }: { isWanted: boolean; isOnItsWayOut: boolean }): DesiredAgentState {
    if (this.#goalAtLeave !== null) return this.#goalAtLeave;
    if (isWanted) return 'running';
    return isOnItsWayOut ? 'ended' : this.#rest;
  }

  /** Updates the goal for a command that the lifecycle will take. */
  onCommand(command: AgentLifecycleEventType): void {
    if (!(STARTS.includes(command) && this.#isCatchingUp)) this.#rest = restBehind(command) ?? this.#rest;
    if (ENDS.includes(command)) this.#goalAtLeave = null;
  }

  restAt(rest: DesiredAgentState): void {
    this.#rest = rest;
  }

  /** Keeps the goal while the host shuts the agent down. */
  leave(goal: DesiredAgentState): void {
    this.#goalAtLeave = goal;
  }

  /** Runs commands that bring the agent to its goal, and so do not change it. */
  async catchUp<Outcome>(bring: () => Promise<Outcome>): Promise<Outcome> {
    this.#isCatchingUp = true;
    try {
      return await bring();
    } finally {
      this.#isCatchingUp = false;
    }
  }
}

/** How far a command brings an agent that is not to run; null for one that has it run, or end. */
function restBehind(command: AgentLifecycleEventType): DesiredAgentState | null {
  const target = agentLifecycleChart.targetOf(command);
  return target !== null && leadsOn(target) && !agentLifecycleChart.hasTag(target, 'active') ? target : null;
}

/** Whether it has ended, or will end by what is under way. */
export function isOnItsWayOut(actor: AgentLifecycleActorRef): boolean {
  const { value, context } = actor.getSnapshot();
  return context.operation === 'stopping' || !leadsOn(topState(value));
}

/** Whether there is more to come of a state than the end. */
function leadsOn(state: AgentLifecycleState): state is Exclude<DesiredAgentState, 'ended'> {
  return agentLifecycleChart.validTransitions(state).some((next) => !agentLifecycleChart.isFinal(next));
}
