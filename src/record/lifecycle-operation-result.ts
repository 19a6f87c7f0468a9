import * as z from 'zod/mini';
import type { AgentLifecycleState } from '../values/lifecycle-states.js';
import { nullable, recordType } from './record-type.js';
import { StateJSON } from './state-json.js';
import { valueType } from '../values/value-type.js';

/** What a command did: from where it found the agent to where it left it. */
export interface LifecycleOperationResult {
  readonly success: boolean;
  readonly previousState: AgentLifecycleState | null;
  readonly currentState: AgentLifecycleState;
  readonly error: string | null;
}

/** The JSON that serde writes for Caxton's `LifecycleOperationResult`. */
export interface LifecycleOperationResultJSON {
  readonly success: boolean;
  readonly previous_state: StateJSON | null;
  readonly current_state: StateJSON;
  readonly error: string | null;
}

const { fromJSON, toJSON } = recordType<LifecycleOperationResult, LifecycleOperationResultJSON>(
  'LifecycleOperationResult',
  {
    success: valueType('success', 'a boolean', () => z.boolean()),
    previousState: nullable(StateJSON),
    currentState: StateJSON,
    error: nullable(valueType('error', 'a string', () => z.string())),
  },
);

/** Creates, reads and writes results of commands. */
export const LifecycleOperationResult = {
  /** The result of a command that succeeded. */
  success: (
    previousState: AgentLifecycleState | null,
    currentState: AgentLifecycleState,
  ): LifecycleOperationResult => ({ success: true, previousState, currentState, error: null }),

  /** The result of a command that failed. */
  failure: (
    previousState: AgentLifecycleState | null,
    currentState: AgentLifecycleState,
    error: string,
  ): LifecycleOperationResult => ({ success: false, previousState, currentState, error }),

  /** The result as serde writes it. */
  toJSON,

  /** @throws {InvalidValueError} whose `field` is the path of the bad field. */
  fromJSON,
};
