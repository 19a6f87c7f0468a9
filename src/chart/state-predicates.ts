import { agentLifecycleChart as chart } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../values/lifecycle-states.js';
import type { AgentLifecycleEventType } from '../../machines/agent-lifecycle.types.js';

/** The top states of the chart, in its order. */
export const AGENT_LIFECYCLE_STATES = chart.states;

/** Whether `agent.start` is valid in a state. */
export function canStart(state: AgentLifecycleState): boolean {
  return leadsToTargetOf('agent.start', state);
}

/** Whether `agent.drain` is valid in a state. */
export function canDrain(state: AgentLifecycleState): boolean {
  return leadsToTargetOf('agent.drain', state);
}

/** Whether `agent.stop` is valid in a state. */
export function canStop(state: AgentLifecycleState): boolean {
  return leadsToTargetOf('agent.stop', state);
}

/** Whether the lifecycle has ended. */
export function isTerminal(state: AgentLifecycleState): boolean {
  return chart.isFinal(state);
}

/** Whether an agent in this state consumes resources. */
export function isActive(state: AgentLifecycleState): boolean {
  return chart.hasTag(state, 'active');
}

/** The states that are one step of the lifecycle away. */
export function validTransitions(state: AgentLifecycleState): readonly AgentLifecycleState[] {
  return chart.validTransitions(state);
}

/** Whether one state can follow another. */
export function canTransitionTo(from: AgentLifecycleState, to: AgentLifecycleState): boolean {
  return chart.validTransitions(from).includes(to);
}

function leadsToTargetOf(event: AgentLifecycleEventType, state: AgentLifecycleState): boolean {
  const target = chart.targetOf(event);
  return target !== null && canTransitionTo(state, target);
}
