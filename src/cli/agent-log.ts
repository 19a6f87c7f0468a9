import type { AgentLifecycleEmitted } from '../../machines/agent-lifecycle.types.js';
import type { Agent } from '../host/agent.js';
import type { AgentReport } from '../host/incarnation.js';
import type { AgentHost } from '../host/agent-host.js';

/** Shows each agent's state as it changes, and the progress of a drain, a line each. */
export function logAgents(host: AgentHost, print: (line: string) => void): void {
  const show = (agent: Agent, text: string) => {
    const width = Math.max(...host.agents.map(({ name }) => name.length));
    print(`${agent.name.padEnd(width)}  ${text}`);
  };
  const watched = new WeakSet<Agent>();
  host.subscribe((event, agent) => {
    show(agent, eventText(event, agent));
    if (agent.state !== 'draining' || watched.has(agent)) return;
    watched.add(agent);
    let shown = agent.record.pendingRequests;
    agent.actor.subscribe({
      next: ({ context: { pendingRequests } }) => {
        if (pendingRequests !== shown) show(agent, `draining: ${requests(pendingRequests)} pending`);
        shown = pendingRequests;
      },
      // The host hears of it.
      error: () => undefined,
    });
  });
}

/** How an agent was left, for the last lines of a host. */
export function reportText({ name, state, failureReason, abandonedRequests, forced }: AgentReport): string {
  const reason = failureReason === null ? '' : `: ${failureReason}`;
  const details = [
    forced ? 'forced' : '',
    abandonedRequests > 0 ? `${requests(abandonedRequests)} abandoned` : '',
  ].filter((text) => text !== '');
  return [`${name}: ${state}${reason}`, ...details].join(', ');
}

function eventText(event: AgentLifecycleEmitted, agent: Agent): string {
  if (event.type === 'lifecycle.rejected') return `refused ${event.event.type}: ${event.error.message}`;
  const { failureReason, pendingRequests } = agent.record;
  const reason = event.to === 'failed' ? `: ${String(failureReason)}` : '';
  const pending = event.to === 'draining' ? `, ${requests(pendingRequests)} pending` : '';
  return `${event.from} → ${event.to}${reason}${pending}`;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}
