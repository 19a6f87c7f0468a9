import { PendingRequestCount } from './pending-request-count.js';
import { StateTransitionError } from './state-transition-error.js';
import type { LifecycleChart } from './lifecycle-chart.js';
import type { AgentLifecycleState } from '../../machines/agent-lifecycle.states.js';
import type { AgentLifecycleContext } from '../../machines/agent-lifecycle.types.js';

/** Why the chart does not take an event in a state: the first rule that fits. */
export function refusalOf(
  chart: LifecycleChart,
  state: AgentLifecycleState,
  { operation, pendingRequests }: Pick<AgentLifecycleContext, 'operation' | 'pendingRequests'>,
  event: { readonly type: string },
): StateTransitionError {
  const { type } = event;
  if (!chart.events.some((known) => known === type)) {
    return new StateTransitionError({ code: 'UnknownEvent', type });
  }
  if (type === 'request.accept' && pendingRequests >= PendingRequestCount.max) {
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
