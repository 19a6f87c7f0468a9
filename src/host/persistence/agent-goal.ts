import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentFinalState, AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { AgentLifecycleEventType } from '../../../machines/agent-lifecycle.types.js';
import { topStateOf } from '../../chart/top-state.js';
import type { LifecycleActor } from '../../snapshot/lifecycle-actor.js';

/** Where an agent is meant to be, whatever it does now: in a state from which it can go on, or at its end. */
export type AgentGoal = Exclude<AgentLifecycleState, 'draining' | AgentFinalState> | 'ended';

export const AGENT_GOALS: readonly AgentGoal[] = ['ended', ...agentLifecycleChart.states.filter(leadsOn)];

/** How far a command brings an agent that is not to run; null for one that has it run, or end. */
export function restBehind(command: AgentLifecycleEventType): AgentGoal | null {
  const target = agentLifecycleChart.targetOf(command);
  return target !== null && leadsOn(target) && !agentLifecycleChart.hasTag(target, 'active') ? target : null;
}

/** Whether it has ended, or will end by what is under way. */
export function isOnItsWayOut(actor: LifecycleActor): boolean {
  const { value, context } = actor.getSnapshot();
  return context.operation === 'stopping' || !leadsOn(topStateOf(value));
}

/** Whether there is more to come of a state than the end. */
function leadsOn(state: AgentLifecycleState): state is Exclude<AgentGoal, 'ended'> {
  return agentLifecycleChart.validTransitions(state).some((next) => !agentLifecycleChart.isFinal(next));
}
