import type { StateValue } from 'xstate';
import type { AgentLifecycleState } from '../../machines/agent-lifecycle.states.js';

/** The seed's state in a state value of the chart: `{ running: 'serving' }` is `running`. */
export function topStateOf(value: StateValue): AgentLifecycleState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as AgentLifecycleState;
}
