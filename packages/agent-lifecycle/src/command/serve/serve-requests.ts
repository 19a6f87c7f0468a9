import { DistributedError, type RestateServer } from 'xstate-agent-lifecycle/restate';
import { requireToken } from '../../server/access.js';
import { requestResponse } from '../../server/request-response.js';
import { limitBody } from '../../server/body.js';
import { errorResponse } from '../../server/error-response.js';
import { guardedApp } from '../../server/guarded-app.js';
import { startHttpServer } from '../../server/http-server.js';
import { SlowReaders } from '../../server/slow-readers.js';

const MAX_BODY = 1024 * 1024;
/** Milliseconds for which the reader of a stream may take nothing: the default of `requests.timeout`. */
const READER_TIMEOUT = 30_000;
const HOSTNAME = '127.0.0.1';

export interface ServeRequestsOptions {
  readonly port: number;
  readonly token: string | undefined;
  /** Whether this host is shutting down. */
  readonly isLeaving: () => boolean;
  /** Called with unexpected errors, which callers see as 500 only. */
  readonly onError: (error: unknown) => void;
}

/**
 * Serves requests for the agents that run here over HTTP: `POST /agents/<name>/requests`.
 *
 * @param hosted null until this host is registered: a port that is in use is found before that
 */
export async function serveRequests(
  hosted: () => Pick<RestateServer, 'request' | 'agents' | 'isServing'> | null,
  { port, token, isLeaving, onError }: ServeRequestsOptions,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = guardedApp({ allowedHosts: [HOSTNAME, 'localhost'], isLeaving, onError });
  if (token !== undefined) app.use(requireToken(token));
  app.use(limitBody(MAX_BODY));
  const readers = new SlowReaders();
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
    const name = c.req.param('name');
    try {
      return await requestResponse(c, { name, timeout: READER_TIMEOUT, readers }, (body, call) =>
        agents.request(name, body, call),
      );
    } catch (error) {
      if (!(error instanceof DistributedError)) throw error;
      const status = error.code === 'NotHostedHere' ? 404 : 503;
      return errorResponse(c, status, { ...error.detail, message: error.message });
    }
  });
  const server = await startHttpServer({ hostname: HOSTNAME, port, fetch: app.fetch, isLeaving, onError });
  return { url: `http://${HOSTNAME}:${server.port}`, close: () => server.close(0) };
}
