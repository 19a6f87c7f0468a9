import type { Agent } from '../../../../src/host/agent/agent.js';
import type { AgentReport } from '../../../../src/host/agent/incarnation.js';
import type { AgentHost } from '../../../../src/host/agent-host.js';
import type { JournalEntry } from '../../../../src/host/journal.js';

/** Shows what happens to each agent, and the progress of a drain, a line each. */
export function logAgents(host: AgentHost, print: (line: string) => void): void {
  const show = (agent: Agent, text: string) => {
    const width = Math.max(...host.agents.map(({ name }) => name.length));
    print(`${agent.name.padEnd(width)}  ${text}`);
  };
  const watched = new WeakSet<Agent['actor']>();
  host.watch((entry, agent) => {
    const text = entryText(entry);
    const generation = entry.generation === agent.generation ? '' : `generation ${entry.generation}: `;
    if (text !== null) show(agent, `${generation}${text}`);
    const { actor } = agent;
    if (agent.state !== 'draining' || watched.has(actor)) return;
    watched.add(actor);
    let shown = agent.record.pendingRequests;
    actor.subscribe({
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

/** Null for what is told by something else: operations by the states that they lead to. */
function entryText(entry: JournalEntry): string | null {
  switch (entry.type) {
    case 'transition':
      return transitionText(entry);
    case 'refusal':
      return `refused ${entry.event}: ${entry.message}`;
    case 'restartScheduled':
      return `to be restarted in ${entry.delay} ms: ${entry.reason ?? 'it has ended'}`;
    case 'restarted':
      return `restarted, generation ${entry.generation}`;
    case 'restartCancelled':
      return 'not to be restarted any more';
    case 'gaveUp':
      return `given up after ${entry.ends.length} ends: ${entry.ends.map(({ reason }) => reason ?? 'success').join('; ')}`;
    case 'swapped':
      return `generation ${entry.generation} has taken over from ${entry.from}`;
    case 'swapFailed':
      return `the new version did not take over: ${entry.reason}`;
    case 'cordoned':
    case 'uncordoned':
      return entry.type;
    case 'interrupted':
      return `interrupted by the end of its host: it was ${entry.state}`;
    case 'notice':
      return entry.message;
    case 'deployed':
    case 'operation':
    case 'drained':
    case 'fenced':
      return null;
  }
}

/** Null for a step within a state. */
function transitionText({
  from: fromLeaf,
  to: toLeaf,
  failureReason,
  pendingRequests,
}: JournalEntry & { readonly type: 'transition' }): string | null {
  const [from, to] = [fromLeaf, toLeaf].map((leaf) => leaf.split('.')[0]);
  if (from === to) return null;
  const reason = to === 'failed' ? `: ${String(failureReason)}` : '';
  const pending = to === 'draining' ? `, ${requests(pendingRequests)} pending` : '';
  return `${String(from)} → ${String(to)}${reason}${pending}`;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}
