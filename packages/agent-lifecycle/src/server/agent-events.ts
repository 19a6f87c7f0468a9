import type { Context } from 'hono';
import type { AgentHost, AgentLifecycleEmitted } from 'xstate-agent-lifecycle';
import { frameOf, type EventStreams, type Frame } from './event-streams.js';

/** Made once for all streams that are sent it. */
const frames = new WeakMap<AgentLifecycleEmitted, Frame>();

/** Streams an agent's transitions and refusals, whatever its generation. */
export function agentEvents(c: Context, host: AgentHost, name: string, streams: EventStreams) {
  return streams.respond(c, {
    greeting: `events of ${JSON.stringify(name)}`,
    subscribe: (stream) =>
      host.subscribe((event, agent, generation) => {
        if (agent.name !== name) return;
        const frame =
          frames.get(event) ?? frameOf({ event: event.type, data: eventView(event, name, generation) });
        frames.set(event, frame);
        stream.send(frame);
      }),
  });
}

function eventView(event: AgentLifecycleEmitted, name: string, generation: number) {
  const source = { agent: name, generation, at: new Date().toISOString(), event: event.event.type };
  return event.type === 'lifecycle.transitioned'
    ? { ...source, from: event.from, to: event.to }
    : { ...source, error: event.error, accepts: event.accepts };
}
