import * as z from 'zod/mini';
import type { AgentLifecycleState } from '../../machines/agent-lifecycle.states.js';
import { nullable, parseRecord } from './record-type.js';
import { StateJSON, stateToJSON } from './state-json.js';
import { valueType } from './value-type.js';

/** What a command did: from where it found the agent to where it left it. */
export interface LifecycleOperationResult {
  readonly success: boolean;
  readonly previousState: AgentLifecycleState | null;
  readonly currentState: AgentLifecycleState;
  readonly error: string | null;
}

/** The form in which serde writes the seed's record. */
export interface LifecycleOperationResultJSON {
  readonly success: boolean;
  readonly previous_state: StateJSON | null;
  readonly current_state: StateJSON;
  readonly error: string | null;
}

const fields = {
  success: valueType('success', 'a boolean', () => z.boolean()),
  previous_state: nullable(StateJSON),
  current_state: StateJSON,
  error: nullable(valueType('error', 'a string', () => z.string())),
};

export const LifecycleOperationResult = {
  success: (
    previousState: AgentLifecycleState | null,
    currentState: AgentLifecycleState,
  ): LifecycleOperationResult => ({ success: true, previousState, currentState, error: null }),

  failure: (
    previousState: AgentLifecycleState | null,
    currentState: AgentLifecycleState,
    error: string,
  ): LifecycleOperationResult => ({ success: false, previousState, currentState, error }),

  toJSON: (result: LifecycleOperationResult): LifecycleOperationResultJSON => ({
    success: result.success,
    previous_state: result.previousState === null ? null : stateToJSON(result.previousState),
    current_state: stateToJSON(result.currentState),
    error: result.error,
  }),

  /** @throws {InvalidValueError} whose `field` is the path of the bad field. */
  fromJSON: (value: unknown): LifecycleOperationResult => {
    const json = parseRecord('LifecycleOperationResult', fields, value);
    return {
      success: json.success,
      previousState: json.previous_state,
      currentState: json.current_state,
      error: json.error,
    };
  },
};
