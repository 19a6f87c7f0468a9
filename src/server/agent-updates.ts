import type { Context } from 'hono';
import type { Agent } from '../host/agent.js';
import type { AgentHost } from '../host/agent-host.js';
import { agentView } from './agent-view.js';
import { eventStream, type StreamedEvent } from './event-stream.js';

/** Milliseconds: as often as a reader's eye needs. */
const PERIOD = 200;
/** Periods without a change after which the stream says that the host is there: no script can read its comments. */
const QUIET_PERIODS = 25;

/** Streams how the agents are: all at first, then those that have changed since. */
export function agentUpdates(c: Context, host: AgentHost, closing: AbortSignal) {
  const shown = new Map<string, string>();
  let quiet = 0;
  return eventStream(
    c,
    closing,
    'agents',
    (send, isBehind) => {
      const timer = setInterval(() => {
        // What changes meanwhile is told as it is then.
        if (isBehind()) return;
        const update = changesSince(host, shown);
        quiet = update === null ? quiet + 1 : 0;
        if (update !== null) send(update);
        else if (quiet % QUIET_PERIODS === 0) send({ event: 'alive', data: null });
      }, PERIOD);
      return {
        unsubscribe: () => {
          clearInterval(timer);
        },
      };
    },
    [changesSince(host, shown) ?? { event: 'agents', data: { changed: [], removed: [] } }],
  );
}

function changesSince(host: AgentHost, shown: Map<string, string>): StreamedEvent | null {
  const changed = host.agents.filter((agent) => shown.get(agent.name) !== markOf(agent));
  const names = new Set(host.agents.map(({ name }) => name));
  const removed = [...shown.keys()].filter((name) => !names.has(name));
  if (changed.length === 0 && removed.length === 0) return null;
  for (const agent of changed) shown.set(agent.name, markOf(agent));
  for (const name of removed) shown.delete(name);
  return { event: 'agents', data: { changed: changed.map(agentView), removed } };
}

/** What a view shows, as cheaply as it can be compared: there may be a thousand agents. */
function markOf({ actor, generation, supervision, isCordoned, waitsFor, swapUnderWay }: Agent): string {
  const { value, context } = actor.getSnapshot();
  return [
    ...[JSON.stringify(value), context.pendingRequests, generation, supervision, isCordoned],
    ...[swapUnderWay?.generation, swapUnderWay?.phase, ...waitsFor],
  ].join(' ');
}
