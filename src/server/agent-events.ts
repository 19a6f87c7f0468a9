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
  // A HEAD request has no reader whose leaving would end a stream.
  if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
  return streamSSE(c, async (stream) => {
    const { promise: ended, end } = latch();
    let unsent = 0;
    const send = (write: () => Promise<unknown>) => {
      if (++unsent > MAX_UNSENT) end();
      else void write().finally(() => unsent--);
    };
    const comment = (text: string) => {
      send(() => stream.write(`: ${text}\n\n`));
    };
    const subscription = host.subscribe((event, agent) => {
      if (agent.name !== name) return;
      send(() => stream.writeSSE({ event: event.type, data: JSON.stringify(eventView(event, agent)) }));
    });
    const heartbeat = setInterval(comment, HEARTBEAT, 'still here');
    stream.onAbort(end);
    closing.addEventListener('abort', end);
    try {
      comment(`events of ${JSON.stringify(name)}`);
      if (closing.aborted) end();
      await ended;
    } finally {
      subscription.unsubscribe();
      clearInterval(heartbeat);
      closing.removeEventListener('abort', end);
    }
  });
}

function latch(): { readonly promise: Promise<void>; readonly end: () => void } {
  let end = () => undefined as unknown;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}

function eventView(event: AgentLifecycleEmitted, { name, generation }: Agent) {
  const source = { agent: name, generation, at: new Date().toISOString(), event: event.event.type };
  return event.type === 'lifecycle.transitioned'
    ? { ...source, from: event.from, to: event.to }
    : { ...source, error: event.error, accepts: event.accepts };
}
