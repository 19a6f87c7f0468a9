import type { Hono } from 'hono';
import {
  type AgentHost,
  AgentHostError,
  assertKnownKeys,
  InvalidValueError,
  type SwapSpec,
} from 'xstate-agent-lifecycle';
import { requireToken } from './access.js';
import { agentEvents } from './agent-events.js';
import { AgentUpdates } from './agent-updates.js';
import { agentView } from './agent-view.js';
import { requestResponse } from './request-response.js';
import { jsonOf, limitBody, textOf } from './body.js';
import { commandErrorStatus, errorResponse } from './error-response.js';
import { EventStreams } from './event-streams.js';
import { guardedApp } from './guarded-app.js';
import { journalList, journalStream } from './journal-routes.js';
import { hostMetrics } from './metrics.js';
import { PAGE_PATHS, pageRoutes } from './page-routes.js';
import { livenessOf, readinessOf, startupOf } from './probes.js';
import { Sessions } from './sessions.js';
import { SlowReaders } from './slow-readers.js';

export interface AgentAppOptions {
  /**
   * The host names by which the app may be called, without a port, against pages that reach it by a name of theirs (DNS
   * rebinding). By default that is left to the server around it.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** What a caller must present as a bearer token; nothing is demanded where there is none. */
  readonly token?: string | undefined;
  /** Bytes of a request's body; 1 MiB by default. */
  readonly maxBody?: number;
  /** Event streams at one time; 256 by default. One more is answered 503. */
  readonly maxEventStreams?: number;
  /** Told what no caller can be told: an error that is none of the host's or of an agent's. */
  readonly onError?: (error: unknown) => void;
  /** Ends the event streams when it is aborted: else a server that closes waits for their readers. */
  readonly closing?: AbortSignal;
}

export const APP_OPTIONS = [
  'allowedHosts',
  'token',
  'maxBody',
  'maxEventStreams',
  'onError',
  'closing',
] as const satisfies (keyof AgentAppOptions)[];

const COMMANDS = ['run', 'load', 'instantiate', 'start', 'drain', 'stop', 'unload'] as const;

/**
 * The agents of a host over HTTP, with a page that shows them: a Hono app of its own, or a part of another, under any
 * prefix. The cookie of a browser and the links of the page follow the prefix.
 *
 * @example
 * app.route('/agents-admin', createAgentApp(host, { token }));
 * @throws {InvalidValueError} for a host name that no call could have, for an unknown option, and for what is no host of agents
 */
export function createAgentApp(host: AgentHost, options: AgentAppOptions = {}): Hono {
  assertHost(host);
  assertKnownKeys('AgentAppOptions', options, APP_OPTIONS);
  const { maxBody = 1024 * 1024, maxEventStreams = 256, token, onError = () => undefined } = options;
  const { closing = new AbortController().signal } = options;
  const isLeaving = () => host.isShuttingDown;
  const app = guardedApp({ ...options, onError, isLeaving });
  const streams = new EventStreams({ max: maxEventStreams, closing });
  const readers = new SlowReaders();
  const updates = new AgentUpdates(host);
  const sessions = new Sessions();
  if (token !== undefined) app.use(requireToken(token, { sessions, open: PAGE_PATHS }));
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

  app.get('/events', (c) => updates.respond(c, streams));
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
  app.get('/agents/:name/events', (c) => agentEvents(c, host, host.agent(c.req.param('name')).name, streams));
  app.get('/agents/:name/journal', (c) => journalList(c, host, host.agent(c.req.param('name')).name));
  app.get('/agents/:name/journal/events', (c) =>
    journalStream(c, host, host.agent(c.req.param('name')).name, streams),
  );
  app.post('/agents/:name/requests', (c) => {
    const agent = host.agent(c.req.param('name'));
    const { name, spec } = agent;
    const answering = { name, timeout: spec.requests.timeout, readers };
    return requestResponse(c, answering, (body, call) => agent.request(body, call));
  });
  for (const command of COMMANDS) {
    app.post(`/agents/:name/${command}`, async (c) => {
      const agent = host.agent(c.req.param('name'));
      if ((await textOf(c)).trim() !== '') {
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
    const { error, ...answer } = await agent.swap((await jsonOf(c)) as SwapSpec);
    const beside = { ...answer, agent: agentView(agent) };
    if (error === null) return c.json(beside);
    if (error instanceof AgentHostError) throw error;
    return errorResponse(c, commandErrorStatus(error), { ...error.toJSON() }, beside);
  });
  app.post('/agents/:name/fail', async (c) => {
    const agent = host.agent(c.req.param('name'));
    const reason = (await textOf(c)).trim();
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
  // Last: what asks for none of the above passes by the page.
  app.route('/', pageRoutes());
  return app;
}

/** @throws {InvalidValueError} for what is no host of agents */
function assertHost(host: unknown): void {
  if (typeof (Object(host) as { watch?: unknown }).watch === 'function') return;
  throw new InvalidValueError({ field: 'host', expected: 'what createAgentHost makes', received: host });
}
