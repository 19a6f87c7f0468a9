import { bearerAuth } from 'hono/bearer-auth';
import { except } from 'hono/combine';
import { createMiddleware } from 'hono/factory';
import type { Context } from 'hono';
import { InvalidValueError } from 'xstate-agent-lifecycle';
import type { Sessions } from './sessions.js';
import { errorResponse } from './error-response.js';
import { hostNameIn, isHostName } from './host-name.js';
import { pathIn } from './mount.js';

/** Probes carry neither a token nor a host name that anyone could know beforehand; they tell no more than a status. */
const PROBES = ['/healthz', '/livez', '/readyz', '/startupz'];

export interface AccessOptions {
  /** The host names by which the server may be called, without a port; not checked by default. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** What a caller must present as a bearer token; nothing is demanded where there is none. */
  readonly token?: string | undefined;
}

/**
 * Keeps out what a web page in the user's browser could do: calls under a foreign name (DNS rebinding), and calls
 * from a foreign page (cross-site requests). Probes are refused to foreign pages as well: kubelets are no browsers.
 *
 * @throws {InvalidValueError} for a host name that no call could have
 */
export function rejectForeign({ allowedHosts }: AccessOptions) {
  const allowed = allowedHosts === undefined ? null : new Set(allowedHosts.map(parseHostName));
  return createMiddleware(async (c, next) => {
    const url = new URL(c.req.url);
    if (url.username !== '' || url.password !== '') {
      const message = 'The address of the request has a user: expected none';
      return errorResponse(c, 400, { code: 'UserInUrl', message });
    }
    const host = c.req.header('host') ?? url.host;
    const isForeign = allowed !== null && !(allowed.has(hostNameIn(host)) && allowed.has(url.hostname));
    if (isForeign && !isProbe(c)) {
      const message = `The host ${JSON.stringify(host)} is not one of this server's: ${[...allowed].join(', ')}`;
      return errorResponse(c, 403, { code: 'ForeignHost', message });
    }
    // Browsers say with each request, one of an image or a frame too, whose page it comes from.
    const site = c.req.header('sec-fetch-site');
    if (site === 'cross-site' || site === 'same-site') {
      const message = `Requests from pages of other sites are rejected (${site}): open this address directly`;
      return errorResponse(c, 403, { code: 'ForeignSite', message });
    }
    const origin = c.req.header('origin');
    // Behind a proxy that ends TLS the browser alone knows whether its page is this server's.
    if (origin !== undefined && site !== 'same-origin' && origin !== url.origin) {
      const message = `Requests from pages of ${JSON.stringify(origin)} are not taken`;
      return errorResponse(c, 403, { code: 'ForeignOrigin', message });
    }
    return next();
  });
}

/**
 * A host name as it stands in a URL: in lower case, an IPv6 address in brackets.
 *
 * @throws {InvalidValueError} for one with a port, a scheme, a path, a user or a wildcard: no call has such a name
 */
function parseHostName(given: string): string {
  if (isHostName(given)) return hostNameIn(given);
  const expected = 'the name of a host, without a scheme, a user, a port or a path';
  throw new InvalidValueError({ field: 'allowedHosts', expected, received: given });
}

export interface TokenOptions {
  /** Browsers that have presented the token; none by default. */
  readonly sessions?: Sessions;
  /** The paths that need no token; the probes need none anyway. */
  readonly open?: readonly string[];
}

export function requireToken(token: string, { sessions, open = [] }: TokenOptions = {}) {
  const refusal = { error: { code: 'Unauthorized', message: 'A valid bearer token is required' } };
  // A new session takes the token itself: else one would renew itself for ever.
  const hasSession = (c: Context) => pathIn(c) !== '/session' && sessions?.has(c) === true;
  return except(
    [isProbe, (c) => open.includes(pathIn(c)), hasSession],
    bearerAuth({
      token,
      noAuthenticationHeader: { message: refusal },
      invalidAuthenticationHeader: { message: refusal },
      invalidToken: { message: refusal },
    }),
  );
}

function isProbe(c: Context): boolean {
  return PROBES.includes(pathIn(c));
}
