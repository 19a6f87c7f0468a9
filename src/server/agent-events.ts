import type { Context } from 'hono';
import type { AgentLifecycleEmitted } from '../../machines/agent-lifecycle.types.js';
import type { AgentHost } from '../host/agent-host.js';
import { eventStream } from './event-stream.js';

/** Streams an agent's transitions and refusals, whatever its generation. */
export function agentEvents(c: Context, host: AgentHost, name: string, closing: AbortSignal) {
  return eventStream(c, closing, `events of ${JSON.stringify(name)}`, (send) =>
    host.subscribe((event, agent, generation) => {
      if (agent.name === name) send({ event: event.type, data: eventView(event, name, generation) });
    }),
  );
}

function eventView(event: AgentLifecycleEmitted, name: string, generation: number) {
  const source = { agent: name, generation, at: new Date().toISOString(), event: event.event.type };
  return event.type === 'lifecycle.transitioned'
    ? { ...source, from: event.from, to: event.to }
    : { ...source, error: event.error, accepts: event.accepts };
}
