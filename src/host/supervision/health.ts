import type { Agent } from '../agent/agent.js';

/** How an agent is; `reason` says why it is not healthy. */
export type AgentHealth =
  | { readonly status: 'healthy'; readonly reason: null }
  | { readonly status: 'degraded' | 'unhealthy' | 'unknown'; readonly reason: string };

/** Gives the health of an agent. */
export function healthOf(agent: Agent): AgentHealth {
  const { state, record, supervision } = agent;
  if (supervision === 'gaveUp') {
    return { status: 'unhealthy', reason: `given up: ${agent.lastFailure ?? 'it has ended'}` };
  }
  if (supervision === 'backingOff') {
    return { status: 'unhealthy', reason: `to be restarted: ${agent.lastFailure ?? 'it has ended'}` };
  }
  switch (state) {
    case 'running':
      if (!agent.isServing) return { status: 'degraded', reason: 'stopping' };
      if (agent.isCordoned) return { status: 'degraded', reason: 'cordoned' };
      return { status: 'healthy', reason: null };
    case 'draining':
      return { status: 'degraded', reason: 'draining' };
    case 'failed':
      return { status: 'unhealthy', reason: String(record.failureReason) };
    case 'unloaded':
    case 'loaded':
    case 'ready':
    case 'stopped':
      return { status: 'unknown', reason: state };
  }
}
