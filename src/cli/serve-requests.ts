import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DistributedError } from '../durable/restate/distributed-error.js';
import type { RestateServer } from '../durable/restate/serve-restate.js';
import { refuseForeign } from '../server/access.js';
import { answerResponse } from '../server/answer-response.js';
import { errorResponse, thrownResponse } from '../server/error-response.js';
import { limitBody } from '../server/limit-body.js';

const MAX_BODY = 1024 * 1024;
const HOSTNAME = '127.0.0.1';

/**
 * Takes requests for the agents that run here over HTTP: `POST /agents/<name>/requests`.
 *
 * @param hosted null until this host is registered: a port that is in use is found before that
 */
export async function serveRequests(
  hosted: () => Pick<RestateServer, 'request' | 'agents' | 'isServing'> | null,
  { port, token }: { readonly port: number; readonly token: string | undefined },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = new Hono();
  app.onError(async (error, c) => {
    if (error instanceof DistributedError) {
      const status = error.code === 'NotHostedHere' ? 404 : 503;
      return errorResponse(c, status, { ...error.detail, message: error.message });
    }
    return (
      (await thrownResponse(c, error)) ??
      errorResponse(c, 500, { code: 'InternalError', message: 'The server failed' })
    );
  });
  app.use(refuseForeign({ allowedHosts: [HOSTNAME, 'localhost'] }));
  if (token !== undefined) app.use(bearerAuth({ token }));
  app.use(limitBody(MAX_BODY));
  app.get('/agents', (c) => {
    const agents = hosted();
    return c.json(
      (agents?.agents ?? []).map((name) => ({ name, serving: agents?.isServing(name) === true })),
    );
  });
  app.post('/agents/:name/requests', async (c) => {
    const agents = hosted();
    if (agents === null) {
      return errorResponse(c, 503, { code: 'NotRegistered', message: 'The host is not registered yet' });
    }
    const body = new Uint8Array(await c.req.arrayBuffer());
    const answer = await agents.request(c.req.param('name'), body, { signal: c.req.raw.signal });
    return answerResponse(c, answer);
  });
  const server = await new Promise<Server>((resolve, reject) => {
    const started = serve({ fetch: app.fetch, hostname: HOSTNAME, port }, () => {
      resolve(started as Server);
    });
    started.once('error', reject);
  });
  return {
    url: `http://${HOSTNAME}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
