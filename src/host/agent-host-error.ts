import type { AgentLifecycleState } from '../values/lifecycle-states.js';
import { TypedError, type DetailOf, type MessagesOf } from '../values/typed-error.js';

interface Details {
  UnknownAgent: { readonly agent: string };
  UnknownDriver: { readonly driver: string; readonly known: readonly string[] };
  AgentExists: { readonly agent: string; readonly state: AgentLifecycleState };
  HostShutDown: object;
  UnknownDependency: { readonly agent: string; readonly dependency: string };
  DependencyCycle: { readonly cycle: readonly string[] };
  DependencyDown: {
    readonly agent: string;
    readonly dependency: string;
    readonly state: AgentLifecycleState;
  };
  StartTooSlow: {
    readonly agent: string;
    readonly state: AgentLifecycleState;
    readonly phaseTimeout: number;
  };
  VersionNotHigher: { readonly agent: string; readonly current: number; readonly received: number };
  SwapInProgress: { readonly agent: string };
  SwapAbandoned: { readonly agent: string };
  CandidateFailed: { readonly agent: string; readonly reason: string };
  AgentLeaving: { readonly agent: string };
  HasDependents: { readonly agent: string; readonly dependents: readonly string[] };
  NotRunning: { readonly agent: string; readonly state: AgentLifecycleState };
}

const messages: MessagesOf<Details> = {
  UnknownAgent: ({ agent }) => `No agent is named ${JSON.stringify(agent)}`,
  UnknownDriver: ({ driver, known }) =>
    `No driver is named ${JSON.stringify(driver)}: expected one of ${known.join(', ') || '(none)'}`,
  AgentExists: ({ agent, state }) =>
    `An agent named ${JSON.stringify(agent)} exists and has not ended: it is ${state}`,
  HostShutDown: () => 'The host is shutting down',
  UnknownDependency: ({ agent, dependency }) =>
    `${JSON.stringify(agent)} depends on ${JSON.stringify(dependency)}, and no agent is named that`,
  DependencyCycle: ({ cycle }) => `Agents depend on each other in a circle: ${shortened(cycle).join(' → ')}`,
  DependencyDown: ({ agent, dependency, state }) =>
    `${JSON.stringify(agent)} depends on ${JSON.stringify(dependency)}, which is ${state}`,
  StartTooSlow: ({ agent, state, phaseTimeout }) =>
    `${JSON.stringify(agent)} is still ${state} after the ${phaseTimeout} ms of its phase`,
  VersionNotHigher: ({ agent, current, received }) =>
    `The version of ${JSON.stringify(agent)} is ${current}: expected a higher one, received ${received}`,
  SwapInProgress: ({ agent }) => `A swap of ${JSON.stringify(agent)} is in progress`,
  SwapAbandoned: ({ agent }) => `The swap of ${JSON.stringify(agent)} was given up: it is to end`,
  CandidateFailed: ({ agent, reason }) => `The new version of ${JSON.stringify(agent)} has failed: ${reason}`,
  AgentLeaving: ({ agent }) => `${JSON.stringify(agent)} is being brought down`,
  HasDependents: ({ agent, dependents }) =>
    `Other agents depend on ${JSON.stringify(agent)}: ${shortened(dependents).join(', ')}`,
  NotRunning: ({ agent, state }) =>
    `Expected ${JSON.stringify(agent)} to be running, and not about to stop: it is ${state}`,
};

/** Names that a message has at most. */
const MAX_NAMES = 20;

/** Which kind of error it is. */
export type AgentHostErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type AgentHostErrorDetail = DetailOf<Details>;

/** A call that a host cannot carry out. `code` says why; what belongs to it is in `detail`. */
export class AgentHostError extends TypedError<Details> {
  static override readonly brand: string = 'AgentHostError';
  override readonly name = 'AgentHostError';

  constructor(detail: AgentHostErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
  }
}

/** The detail has all names; a message that had them all, of thousands, would not be read. */
function shortened(names: readonly string[]): readonly string[] {
  if (names.length <= MAX_NAMES) return names;
  return [...names.slice(0, MAX_NAMES - 2), `(${names.length - MAX_NAMES + 1} more)`, ...names.slice(-1)];
}
