import { AgentId } from './agent-id.js';
import { AgentName } from './agent-name.js';
import { AgentVersion } from './agent-version.js';
import { DrainTimeout } from './drain-timeout.js';
import { InvalidValueError } from './invalid-value-error.js';
import { TransitionTimeout } from './transition-timeout.js';
import { VersionNumber } from './version-number.js';
import type { AgentIdentity, AgentLifecycleInput } from '../../machines/agent-lifecycle.types.js';

export interface ParsedAgentLifecycleInput extends AgentIdentity {
  readonly transitionTimeout: TransitionTimeout;
  readonly drainTimeout: DrainTimeout;
}

/** @throws {InvalidValueError} for the first field that is not what it should be. */
export function parseAgentLifecycleInput(input: AgentLifecycleInput): ParsedAgentLifecycleInput {
  if (typeof input !== 'object' || (input as unknown) === null) {
    throw new InvalidValueError({ field: 'AgentLifecycleInput', expected: 'an object', received: input });
  }
  const { agentName, transitionTimeout, drainTimeout } = input;
  return {
    agentId: AgentId.parse(input.agentId),
    agentName: agentName === undefined || agentName === null ? null : AgentName.parse(agentName),
    version: AgentVersion.parse(input.version),
    versionNumber: VersionNumber.parse(input.versionNumber),
    transitionTimeout:
      transitionTimeout === undefined
        ? TransitionTimeout.default
        : TransitionTimeout.parse(transitionTimeout),
    drainTimeout: drainTimeout === undefined ? DrainTimeout.default : DrainTimeout.parse(drainTimeout),
  };
}
