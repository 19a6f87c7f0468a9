/** The virtual object of an agent; its key is the agent's name. */
export const AGENT_OBJECT = 'AgentLifecycle';

/**
 * Stands between an agent's object and its host: a call to a service that is not there, or not reachable, would hold the
 * object up, which is the only one that may change the agent.
 */
export const DISPATCH_SERVICE = 'AgentDispatch';

/** The service of one host. */
export function hostServiceOf(host: string): string {
  return `AgentHost-${host}`;
}

/**
 * How long it is tried to reach a host: 100 ms, doubled up to 5 s, 100 times, about 8 minutes. No operation may last
 * longer than 5; by then it was given up.
 */
export const HOST_RETRY_POLICY = {
  initialInterval: 100,
  maxInterval: 5_000,
  exponentiationFactor: 2,
  maxAttempts: 100,
  onMaxAttempts: 'kill',
} as const;
