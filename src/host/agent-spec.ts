import type { AgentLifecycleInput } from '../values/agent-lifecycle-input.js';
import { AgentId } from '../values/agent-id.js';
import { AgentName } from '../values/agent-name.js';
import { AgentVersion } from '../values/agent-version.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { assertKnownKeys } from '../values/assert-known-keys.js';
import { parseRestartPolicy, type RestartPolicy, type RestartPolicyInput } from '../values/restart-policy.js';
import { VersionNumber } from '../values/version-number.js';
import type { AgentDriverFactory } from './agent-driver.js';
import {
  parseRequestLimits,
  type RequestLimits,
  type ResolvedRequestLimits,
} from './requests/request-limits.js';

/** An agent as it is deployed. */
export interface AgentSpec {
  /** Unique within the host: 1 to 255 characters. */
  readonly name: string;
  /** The name of one of the host's drivers, or a factory itself, where the host keeps nothing. */
  readonly driver: string | AgentDriverFactory;
  /** What that driver needs to know, checked by it. */
  readonly options?: unknown;
  /** A UUID; generated where none is given. */
  readonly agentId?: string | undefined;
  /** A UUID; generated where none is given. */
  readonly version?: string | undefined;
  /** An integer from 1; 1 by default. */
  readonly versionNumber?: number | undefined;
  /** Milliseconds, 1 000 to 300 000; 30 000 by default. */
  readonly transitionTimeout?: number | undefined;
  /** Milliseconds, 5 000 to 600 000; 60 000 by default. */
  readonly drainTimeout?: number | undefined;
  /** The limits of its requests. */
  readonly requests?: RequestLimits | undefined;
  /** Whether the agent is restarted when it ends by itself; by default it is not. */
  readonly restart?: RestartPolicyInput | undefined;
  /** The names of the agents that run before this one starts, and until it has stopped. */
  readonly dependsOn?: readonly string[] | undefined;
}

/** The spec with what was generated for it, so that each generation of an agent is the same agent. */
export interface ResolvedAgentSpec extends AgentSpec {
  readonly agentId: string;
  readonly version: string;
  readonly versionNumber: number;
  readonly requests: ResolvedRequestLimits;
  readonly restart: RestartPolicy;
  readonly dependsOn: readonly string[];
}

const SPEC_FIELDS = [
  'name',
  'driver',
  'options',
  'agentId',
  'version',
  'versionNumber',
  'transitionTimeout',
  'drainTimeout',
  'requests',
  'restart',
  'dependsOn',
] as const satisfies (keyof AgentSpec)[];

/**
 * @throws {InvalidValueError} when it is no spec, has an unknown field, or has no name; its other fields are checked as
 * they are used.
 */
export function resolveAgentSpec(spec: AgentSpec): ResolvedAgentSpec {
  assertKnownKeys('AgentSpec', spec, SPEC_FIELDS);
  const {
    agentId = AgentId.generate(),
    version = AgentVersion.generate(),
    versionNumber = VersionNumber.first,
    dependsOn = [],
  } = spec;
  if (!Array.isArray(dependsOn)) {
    throw new InvalidValueError({ field: 'dependsOn', expected: 'a list of names', received: dependsOn });
  }
  return {
    ...spec,
    name: AgentName.parse(spec.name),
    agentId,
    version,
    versionNumber,
    requests: parseRequestLimits(spec.requests),
    restart: parseRestartPolicy(spec.restart),
    dependsOn: dependsOn.map((name) => AgentName.parse(name)),
  };
}

export function lifecycleInputOf(spec: ResolvedAgentSpec): AgentLifecycleInput {
  const { name, agentId, version, versionNumber, transitionTimeout, drainTimeout } = spec;
  return { agentId, agentName: name, version, versionNumber, transitionTimeout, drainTimeout };
}

/** How a driver is called where people read of it. */
export function driverName(driver: AgentSpec['driver']): string {
  if (typeof driver === 'string') return driver;
  return driver.name === '' ? 'a function' : driver.name;
}
