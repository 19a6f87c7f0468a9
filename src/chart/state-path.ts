import type { StateValue } from 'xstate';
import type { AgentLifecycleState } from '../values/lifecycle-states.js';

/** The top state in a state value of the chart: `{ running: 'serving' }` is `running`. */
export function topState(value: StateValue): AgentLifecycleState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as AgentLifecycleState;
}

/** A state with its child, in a state value of the chart: `{ running: 'serving' }` is `running.serving`. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, child]) => `${key}.${statePath(child as StateValue)}`)
    .join(' ');
}
