import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { basePath } from 'hono/route';

/** What Express adds to a request that it passes on to a handler which it has under a prefix. */
interface ExpressRequest {
  readonly baseUrl?: unknown;
  readonly originalUrl?: unknown;
}

/** The path of a request as the app has it, whatever prefix the app is mounted under: `/`, `/agents`. */
export function pathIn(c: Context): string {
  return c.req.path.slice(honoPrefix(c).length) || '/';
}

/** The prefix that the app is mounted under, as clients see it: `/admin`; empty where there is none. */
export function prefixIn(c: Context): string {
  const { baseUrl } = expressRequest(c);
  return (typeof baseUrl === 'string' ? baseUrl : '') + honoPrefix(c);
}

/** The path of a request as its client has it. */
export function clientPathIn(c: Context): string {
  const { originalUrl } = expressRequest(c);
  return typeof originalUrl === 'string' ? originalUrl.replace(/[?#].*$/, '') : c.req.path;
}

function honoPrefix(c: Context): string {
  return basePath(c).replace(/\/$/, '');
}

function expressRequest(c: Context): ExpressRequest {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return (incoming ?? {}) as ExpressRequest;
}
