import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { AgentLifecycleEmitted } from '../../machines/agent-lifecycle.types.js';
import type { Agent } from '../host/agent.js';
import type { AgentHost } from '../host/agent-host.js';

/** Events that a slow reader may lag behind by, before its stream is ended: it may connect anew. */
const MAX_UNSENT = 1_000;
/** Milliseconds between the comments that keep proxies from taking a quiet stream for a dead one. */
const HEARTBEAT = 15_000;

/** Streams an agent's transitions and refusals, whatever its generation, until the reader or the server goes. */
export function agentEvents(c: Context, host: AgentHost, name: string, closing: AbortSignal) {
  return streamSSE(c, async (stream) => {
    let unsent = 0;
    await new Promise<void>((resolve) => {
      const send = (write: () => Promise<unknown>) => {
        if (++unsent > MAX_UNSENT) {
          resolve();
          return;
        }
        void write().finally(() => unsent--);
      };
      const comment = (text: string) => {
        send(() => stream.write(`: ${text}\n\n`));
      };
      const subscription = host.subscribe((event, agent) => {
        if (agent.name !== name) return;
        send(() => stream.writeSSE({ event: event.type, data: JSON.stringify(eventView(event, agent)) }));
      });
      const heartbeat = setInterval(comment, HEARTBEAT, 'still here');
      const end = () => {
        subscription.unsubscribe();
        clearInterval(heartbeat);
        closing.removeEventListener('abort', end);
        resolve();
      };
      stream.onAbort(end);
      closing.addEventListener('abort', end);
      comment(`events of ${JSON.stringify(name)}`);
      if (closing.aborted) end();
    });
  });
}

function eventView(event: AgentLifecycleEmitted, { name, generation }: Agent) {
  const source = { agent: name, generation, at: new Date().toISOString(), event: event.event.type };
  return event.type === 'lifecycle.transitioned'
    ? { ...source, from: event.from, to: event.to }
    : { ...source, error: event.error, accepts: event.accepts };
}
