import type { AgentLifecycleState, AgentOperation } from '../../machines/agent-lifecycle.states.js';
import type { LifecycleChart } from './lifecycle-chart.js';
import { StateTransitionError } from './state-transition-error.js';

/** Where an event finds a lifecycle. */
export interface Situation {
  readonly state: AgentLifecycleState;
  readonly operation: AgentOperation | null;
  readonly pendingRequests: number;
  readonly hasCapacity: boolean;
}

/** Why the chart does not take an event in a situation: the first rule that fits. */
export function refusalOf(
  chart: LifecycleChart,
  { state, operation, pendingRequests, hasCapacity }: Situation,
  { type }: { readonly type: string },
): StateTransitionError {
  if (!chart.events.some((known) => known === type)) {
    return new StateTransitionError({ code: 'UnknownEvent', type });
  }
  if (type === 'request.accept' && !hasCapacity) {
    return new StateTransitionError({ code: 'TooManyPendingRequests', current: pendingRequests });
  }
  const target = chart.targetOf(type);
  if (target === null) return new StateTransitionError({ code: 'NotAcceptingRequests', state });
  if (target === state) return new StateTransitionError({ code: 'AlreadyInState', state });
  if (operation !== null && chart.validTransitions(state).includes(target)) {
    const to = chart.targetOfOperation(state, operation);
    return new StateTransitionError({ code: 'TransitionInProgress', state, to });
  }
  return new StateTransitionError({ code: 'InvalidTransition', from: state, to: target });
}
