import type { AgentLifecycleState, AgentOperation } from '../src/values/lifecycle-states.js';
import type { LifecycleChart } from './lifecycle-chart.js';
import { StateTransitionError } from '../src/values/state-transition-error.js';

/** The situation of a lifecycle when an event arrives. */
export interface Situation {
  readonly state: AgentLifecycleState;
  readonly operation: AgentOperation | null;
  readonly pendingRequests: number;
}

/** Why the chart does not take an event in a situation: the first rule that fits. */
export function refusalOf(
  chart: LifecycleChart,
  { state, operation, pendingRequests }: Situation,
  { type }: { readonly type: string },
): StateTransitionError {
  if (!chart.events.some((known) => known === type)) {
    return new StateTransitionError({ code: 'UnknownEvent', type });
  }
  const target = chart.targetOf(type);
  if (target === null) {
    // The state takes this event under a guard that did not hold: the one of the capacity.
    const isGuarded = chart.accepts(state, operation, () => true).some((accepted) => accepted === type);
    return new StateTransitionError(
      isGuarded
        ? { code: 'TooManyPendingRequests', current: pendingRequests }
        : { code: 'NotAcceptingRequests', state },
    );
  }
  if (target === state) return new StateTransitionError({ code: 'AlreadyInState', state });
  if (operation !== null && chart.validTransitions(state).includes(target)) {
    const to = chart.targetOfOperation(state, operation);
    return new StateTransitionError({ code: 'TransitionInProgress', state, to });
  }
  return new StateTransitionError({ code: 'InvalidTransition', from: state, to: target });
}
