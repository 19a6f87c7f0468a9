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
