import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Agent } from '../host/agent.js';
import type { AgentHost } from '../host/agent-host.js';
import { demandToken, refuseForeign, type AccessOptions } from './access.js';
import { agentEvents } from './agent-events.js';
import { agentView } from './agent-view.js';
import { commandErrorStatus, errorResponse, thrownResponse } from './error-response.js';
import { healthOf, readinessOf } from './probes.js';

export interface AgentAppOptions extends AccessOptions {
  /** Bytes of a request's body; 1 MiB by default. */
  readonly maxBody?: number;
  /** Told what no caller can be told: an error that is none of the host's or of an agent's. */
  readonly onError?: (error: unknown) => void;
  /** Ends the event streams when it is aborted. */
  readonly closing: AbortSignal;
}

const COMMANDS = ['load', 'instantiate', 'start', 'drain', 'stop', 'unload'] as const;

/** The agents of a host over HTTP. */
export function agentApp(host: AgentHost, options: AgentAppOptions): Hono {
  const { maxBody = 1024 * 1024, token, closing, onError = () => undefined } = options;
  const app = new Hono();
  app.onError((error, c) => {
    const known = thrownResponse(c, error);
    if (known !== null) return known;
    onError(error);
    return errorResponse(c, 500, { code: 'InternalError', message: 'The server failed' });
  });
  app.notFound((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}`;
    return errorResponse(c, 404, { code: 'NotFound', message });
  });
  app.use(refuseForeign(options));
  if (token !== undefined) app.use(demandToken(token));
  app.use(
    bodyLimit({
      maxSize: maxBody,
      onError: (c) => {
        const message = `The body is larger than ${maxBody} bytes`;
        return errorResponse(c, 413, { code: 'BodyTooLarge', message, limit: maxBody });
      },
    }),
  );

  app.get('/healthz', (c) => c.json(healthOf(host)));
  app.get('/readyz', (c) => {
    const readiness = readinessOf(host);
    return c.json(readiness, readiness.status === 'ready' ? 200 : 503);
  });

  app.get('/agents', (c) => c.json(host.agents.map(agentView)));
  app.get('/agents/:name', (c) => c.json(agentView(host.agent(c.req.param('name')))));
  app.get('/agents/:name/events', (c) => agentEvents(c, host, host.agent(c.req.param('name')).name, closing));
  app.post('/agents/:name/requests', async (c) => {
    const agent = host.agent(c.req.param('name'));
    const body = new Uint8Array(await c.req.arrayBuffer());
    return answerOf(c, await agent.request(body, { signal: c.req.raw.signal }));
  });
  for (const command of COMMANDS) {
    app.post(`/agents/:name/${command}`, async (c) => {
      const found = host.agent(c.req.param('name'));
      if ((await c.req.text()).trim() !== '') {
        const message = 'A command takes no body';
        return errorResponse(c, 422, { code: 'UnexpectedBody', message });
      }
      const agent = command === 'load' ? livingGenerationOf(host, found) : found;
      const { result, error } = await agent[command]();
      const beside = { result, agent: agentView(agent) };
      if (error === null) return c.json(beside);
      return errorResponse(c, commandErrorStatus(error), { ...error.toJSON() }, beside);
    });
  }
  return app;
}

/** An agent that has ended is loaded as its next generation. */
function livingGenerationOf(host: AgentHost, agent: Agent): Agent {
  return agent.hasEnded ? host.deploy(agent.spec) : agent;
}

/** Bytes and text as they are, whatever they may mean to a browser; anything else as JSON. */
function answerOf(c: Context, answer: unknown) {
  const headers = { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' };
  if (answer instanceof Uint8Array) return c.body(Uint8Array.from(answer), 200, headers);
  if (typeof answer === 'string') return c.body(answer, 200, headers);
  return c.json(answer ?? null);
}
