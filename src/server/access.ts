import { bearerAuth } from 'hono/bearer-auth';
import { except } from 'hono/combine';
import { createMiddleware } from 'hono/factory';
import type { Context } from 'hono';
import type { Sessions } from './sessions.js';
import { errorResponse } from './error-response.js';

/** Probes carry neither a token nor a host name that anyone could know beforehand; they tell no more than a status. */
const PROBES = ['/healthz', '/livez', '/readyz', '/startupz'];

export interface AccessOptions {
  /** The host names by which the server may be called. */
  readonly allowedHosts: readonly string[];
  /** What a caller must present as a bearer token; nothing is demanded where there is none. */
  readonly token?: string | undefined;
}

/**
 * Keeps out what a web page in the user's browser could do: calls under a foreign name (DNS rebinding), and calls
 * from a foreign page (cross-site requests).
 */
export function refuseForeign({ allowedHosts }: AccessOptions) {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  return createMiddleware(async (c, next) => {
    if (isProbe(c)) return next();
    const host = c.req.header('host') ?? '';
    if (!allowed.has(hostNameIn(`http://${host}`))) {
      const message = `The host ${JSON.stringify(host)} is not one of this server's: ${[...allowed].join(', ')}`;
      return errorResponse(c, 403, { code: 'ForeignHost', message });
    }
    const origin = c.req.header('origin');
    if (origin !== undefined && !isOwnOrigin(origin, host)) {
      const message = `Requests from pages of ${JSON.stringify(origin)} are not taken`;
      return errorResponse(c, 403, { code: 'ForeignOrigin', message });
    }
    return next();
  });
}

/** @param open the paths that need none */
export function demandToken(token: string, sessions: Sessions, open: readonly string[]) {
  const refusal = { error: { code: 'Unauthorized', message: 'A valid bearer token is demanded' } };
  // A new session takes the token itself: else one would renew itself for ever.
  const hasSession = (c: Context) => c.req.path !== '/session' && sessions.has(c);
  return except(
    [isProbe, ...open, hasSession],
    bearerAuth({
      token,
      noAuthenticationHeader: { message: refusal },
      invalidAuthenticationHeader: { message: refusal },
      invalidToken: { message: refusal },
    }),
  );
}

function isProbe(c: Context): boolean {
  return PROBES.includes(c.req.path);
}

function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

function hostNameIn(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
