import type { Agent, AgentHost, AgentLifecycleState } from 'xstate-agent-lifecycle';

type Counts = Partial<Record<AgentLifecycleState, number>>;

/** Whether the process lives. An agent that has failed is no reason to restart the others' host. */
export function livenessOf(host: AgentHost): { status: 'ok' | 'degraded'; agents: Counts } {
  const agents = countStates(host);
  return { status: agents.failed === undefined ? 'ok' : 'degraded', agents };
}

/** Whether the host has come up: no agent is still on its way to its first start. */
export function startupOf(host: AgentHost): { status: 'started' | 'starting'; agents: Counts } {
  const isStarting = ({ state, supervision, isToRun }: Agent) =>
    isToRun &&
    supervision !== 'backingOff' &&
    (state === 'unloaded' || state === 'loaded' || state === 'ready');
  return { status: host.agents.some(isStarting) ? 'starting' : 'started', agents: countStates(host) };
}

/** Whether to send requests here: each agent that has not been stopped serves, and one at least does. */
export function readinessOf(host: AgentHost): { status: 'ready' | 'unready'; agents: Counts } {
  const agents = host.agents.filter(({ state }) => state !== 'stopped');
  const areServing =
    agents.length > 0 && agents.every(({ isServing, isCordoned }) => isServing && !isCordoned);
  return { status: areServing && !host.isShuttingDown ? 'ready' : 'unready', agents: countStates(host) };
}

function countStates(host: AgentHost): Counts {
  const counts: Counts = {};
  for (const { state } of host.agents) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
