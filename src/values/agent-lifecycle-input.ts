import { AgentId } from './agent-id.js';
import { AgentName } from './agent-name.js';
import { AgentVersion } from './agent-version.js';
import { DrainTimeout } from './drain-timeout.js';
import { InvalidValueError } from './invalid-value-error.js';
import { TransitionTimeout } from './transition-timeout.js';
import { VersionNumber } from './version-number.js';

/** What an agent is, whatever state it is in. */
export interface AgentIdentity {
  readonly agentId: AgentId;
  readonly agentName: AgentName | null;
  readonly version: AgentVersion;
  readonly versionNumber: VersionNumber;
}

/**
 * The input of `AgentLifecycle.create`, and, with a capacity, of the machine. Each field is checked when it is used: one that is
 * out of range, or no UUID, is refused with an `InvalidValueError`.
 */
export interface AgentLifecycleInput {
  readonly agentId: string;
  readonly agentName?: string | null | undefined;
  readonly version: string;
  readonly versionNumber: number;
  /** Milliseconds, 1 000 to 300 000; 30 000 by default. */
  readonly transitionTimeout?: number | undefined;
  /** Milliseconds, 5 000 to 600 000; 60 000 by default. */
  readonly drainTimeout?: number | undefined;
}

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
