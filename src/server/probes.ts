import type { AgentLifecycleState } from '../../machines/agent-lifecycle.states.js';
import type { AgentHost } from '../host/agent-host.js';

type Counts = Partial<Record<AgentLifecycleState, number>>;

/** Whether the process lives. An agent that has failed is no reason to restart the others' host. */
export function healthOf(host: AgentHost): { status: 'ok' | 'degraded'; agents: Counts } {
  const agents = countStates(host);
  return { status: agents.failed === undefined ? 'ok' : 'degraded', agents };
}

/** Whether to send requests here: each agent that has not been stopped is running, and one at least is. */
export function readinessOf(host: AgentHost): { status: 'ready' | 'unready'; agents: Counts } {
  const states = host.agents.map(({ state }) => state).filter((state) => state !== 'stopped');
  const areRunning = states.length > 0 && states.every((state) => state === 'running');
  return { status: areRunning && !host.isShuttingDown ? 'ready' : 'unready', agents: countStates(host) };
}

function countStates(host: AgentHost): Counts {
  const counts: Counts = {};
  for (const { state } of host.agents) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
