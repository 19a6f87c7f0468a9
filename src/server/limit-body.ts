import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { errorResponse } from './error-response.js';

/** Refuses bodies of more bytes than that. */
export function limitBody(limit: number): MiddlewareHandler {
  const refuse = (c: Context) => {
    const message = `The body is larger than ${limit} bytes`;
    return errorResponse(c, 413, { code: 'BodyTooLarge', message, limit });
  };
  const limited = bodyLimit({ maxSize: limit, onError: refuse });
  return async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return limited(c, next);
    // No more comes than was said: HTTP sees to it. To look at a body hono makes a stream of it, which takes as long as
    // all the rest.
    if (Number(length) > limit) return refuse(c);
    await next();
  };
}
