import { Hono, type Context } from 'hono';
import { InvalidValueError } from '../domain/invalid-value-error.js';
import type { AgentHost } from '../host/agent-host.js';
import { AgentHostError } from '../host/agent-host-error.js';
import type { SwapSpec } from '../host/rolling-swap.js';
import { demandToken, refuseForeign, type AccessOptions } from './access.js';
import { agentEvents } from './agent-events.js';
import { agentUpdates } from './agent-updates.js';
import { agentView } from './agent-view.js';
import { answerResponse } from './answer-response.js';
import { commandErrorStatus, errorResponse, thrownResponse } from './error-response.js';
import { journalList, journalStream } from './journal-routes.js';
import { limitBody } from './limit-body.js';
import { hostMetrics } from './metrics.js';
import { PAGE_PATHS, pageRoutes } from './page-routes.js';
import { livenessOf, readinessOf, startupOf } from './probes.js';
import { Sessions } from './sessions.js';

export interface AgentAppOptions extends AccessOptions {
  /** Bytes of a request's body; 1 MiB by default. */
  readonly maxBody?: number;
  /** Told what no caller can be told: an error that is none of the host's or of an agent's. */
  readonly onError?: (error: unknown) => void;
  /** Ends the event streams when it is aborted. */
  readonly closing: AbortSignal;
}

const COMMANDS = ['run', 'load', 'instantiate', 'start', 'drain', 'stop', 'unload'] as const;

/** The agents of a host over HTTP. */
export function agentApp(host: AgentHost, options: AgentAppOptions): Hono {
  const { maxBody = 1024 * 1024, token, closing, onError = () => undefined } = options;
  const app = new Hono();
  app.onError(async (error, c) => {
    const known = await thrownResponse(c, error);
    if (known !== null) return known;
    onError(error);
    return errorResponse(c, 500, { code: 'InternalError', message: 'The server failed' });
  });
  app.notFound((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}`;
    return errorResponse(c, 404, { code: 'NotFound', message });
  });
  app.use(async (c, next) => {
    // Before there is a response: to add to one takes as long as all the rest.
    c.header('x-content-type-options', 'nosniff');
    c.header('cache-control', 'no-store');
    await next();
  });
  app.use(refuseForeign(options));
  const sessions = new Sessions();
  if (token !== undefined) app.use(demandToken(token, sessions, PAGE_PATHS));
  app.use(limitBody(maxBody));

  for (const path of ['/healthz', '/livez']) app.get(path, (c) => c.json(livenessOf(host)));
  app.get('/startupz', (c) => {
    const startup = startupOf(host);
    return c.json(startup, startup.status === 'started' ? 200 : 503);
  });
  app.get('/readyz', (c) => {
    const readiness = readinessOf(host);
    return c.json(readiness, readiness.status === 'ready' ? 200 : 503);
  });

  app.route('/', pageRoutes());
  app.get('/events', (c) => agentUpdates(c, host, closing));
  // Whoever comes here has presented the token itself, where one is demanded.
  app.post('/session', (c) => {
    sessions.open(c);
    return c.body(null, 204);
  });

  app.get('/health', (c) => c.json(host.health()));
  const metrics = hostMetrics(host);
  app.get('/metrics', async (c) =>
    c.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  );

  app.get('/agents', (c) => c.json(host.agents.map(agentView)));
  app.get('/agents/:name', (c) => c.json(agentView(host.agent(c.req.param('name')))));
  app.get('/agents/:name/events', (c) => agentEvents(c, host, host.agent(c.req.param('name')).name, closing));
  app.get('/agents/:name/journal', (c) => journalList(c, host, host.agent(c.req.param('name')).name));
  app.get('/agents/:name/journal/events', (c) =>
    journalStream(c, host, host.agent(c.req.param('name')).name, closing),
  );
  app.post('/agents/:name/requests', async (c) => {
    const agent = host.agent(c.req.param('name'));
    const body = new Uint8Array(await c.req.arrayBuffer());
    return answerResponse(c, await agent.request(body, { signal: c.req.raw.signal }));
  });
  for (const command of COMMANDS) {
    app.post(`/agents/:name/${command}`, async (c) => {
      const agent = host.agent(c.req.param('name'));
      if ((await c.req.text()).trim() !== '') {
        const message = 'A command takes no body';
        return errorResponse(c, 422, { code: 'UnexpectedBody', message });
      }
      // One that has ended is loaded, or run, as its next generation.
      const failed = command === 'load' || command === 'run' ? agent.renew() : null;
      const { result, error, ...more } = failed ?? (await agent[command]());
      const beside = { result, ...more, agent: agentView(agent) };
      if (error === null) return c.json(beside);
      return errorResponse(c, commandErrorStatus(error), { ...error.toJSON() }, beside);
    });
  }
  app.post('/agents/:name/swap', async (c) => {
    const agent = host.agent(c.req.param('name'));
    const { error, ...answer } = await agent.swap(await jsonIn<SwapSpec>(c));
    const beside = { ...answer, agent: agentView(agent) };
    if (error === null) return c.json(beside);
    if (error instanceof AgentHostError) throw error;
    return errorResponse(c, commandErrorStatus(error), { ...error.toJSON() }, beside);
  });
  app.post('/agents/:name/fail', async (c) => {
    const agent = host.agent(c.req.param('name'));
    const reason = (await c.req.text()).trim();
    const { result, error } = await agent.fail(reason === '' ? 'Failed by an operator' : reason);
    const beside = { result, agent: agentView(agent) };
    if (error === null) return c.json(beside);
    return errorResponse(c, commandErrorStatus(error), { ...error.toJSON() }, beside);
  });
  for (const command of ['cordon', 'uncordon'] as const) {
    app.post(`/agents/:name/${command}`, (c) => {
      const agent = host.agent(c.req.param('name'));
      agent[command]();
      return c.json({ agent: agentView(agent) });
    });
  }
  return app;
}

async function jsonIn<Body>(c: Context): Promise<Body> {
  try {
    return await c.req.json<Body>();
  } catch (cause) {
    throw new InvalidValueError({ field: 'body', expected: 'JSON', received: String(cause) });
  }
}
