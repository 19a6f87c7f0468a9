import * as z from 'zod/mini';
import type { AgentLifecycleState } from '../values/lifecycle-states.js';
import { AGENT_LIFECYCLE_STATES } from '../chart/state-predicates.js';
import { valueType } from '../values/value-type.js';

/** A state as serde writes it: `"Unloaded"`. */
export type StateJSON = Capitalize<AgentLifecycleState>;

const names = new Map(AGENT_LIFECYCLE_STATES.map((state) => [toJSON(state), state]));

const type = valueType('AgentLifecycleState', `one of ${[...names.keys()].join(', ')}`, () =>
  z.pipe(
    z.enum([...names.keys()]),
    z.transform((name) => names.get(name) as AgentLifecycleState),
  ),
);

export const StateJSON = Object.assign(type, { toJSON });

function toJSON(state: AgentLifecycleState): StateJSON {
  return (state.charAt(0).toUpperCase() + state.slice(1)) as StateJSON;
}
