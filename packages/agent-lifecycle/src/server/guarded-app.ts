import { Hono } from 'hono';
import { rejectForeign, type AccessOptions } from './access.js';
import { errorResponse, goneResponse, thrownResponse } from './error-response.js';

export interface GuardedAppOptions extends AccessOptions {
  /** Called with what no caller can be answered: an error that is neither the host's nor an agent's nor a client's. */
  readonly onError: (error: unknown) => void;
  /** Whether the server is about to end: its clients are told to use no connection again. */
  readonly isLeaving: () => boolean;
}

/** On every answer: no page of another site may show it, load it, or guess what it is. */
export const GUARDS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

const GUARD_ENTRIES = Object.entries(GUARDS);

/**
 * An app that takes no call from a foreign page, and answers each error as what it is.
 *
 * @throws {InvalidValueError} for a host name that no call could have
 */
export function guardedApp(options: GuardedAppOptions): Hono {
  const { onError, isLeaving } = options;
  const app = new Hono();
  app.onError(async (error, c) => {
    const known = await thrownResponse(c, error);
    if (known !== null) return known;
    // Whoever has left does not wait for an answer, and has not harmed the server.
    if (c.req.raw.signal.aborted) return goneResponse(c);
    onError(error);
    return errorResponse(c, 500, { code: 'InternalError', message: 'The server failed' });
  });
  app.notFound((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}`;
    return errorResponse(c, 404, { code: 'NotFound', message });
  });
  app.use(async (c, next) => {
    // Before there is a response: to add to one takes as long as all the rest.
    for (const [name, value] of GUARD_ENTRIES) c.header(name, value);
    await next();
    if (isLeaving()) c.header('connection', 'close');
  });
  app.use(rejectForeign(options));
  return app;
}
