import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { InvalidValueError } from 'xstate-agent-lifecycle';
import { BodyCutError, errorResponse } from './error-response.js';
import { parseExactJson } from './exact-json.js';

/** Refuses bodies of more bytes than that. */
export function limitBody(limit: number): MiddlewareHandler {
  const refuse = (c: Context) => {
    const message = `The body is larger than ${limit} bytes`;
    return errorResponse(c, 413, { code: 'BodyTooLarge', message, limit });
  };
  const limited = bodyLimit({ maxSize: limit, onError: refuse });
  return async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) {
      // What a route throws is answered before it comes here: this is the reading of the body.
      return whole(Promise.resolve(limited(c, next)));
    }
    // No more comes than was said: HTTP sees to it. To look at a body hono makes a stream of it, which takes as long as
    // all the rest.
    if (Number(length) > limit) return refuse(c);
    await next();
  };
}

/** @throws {BodyCutError} */
async function bytesOf(c: Context): Promise<Uint8Array> {
  return new Uint8Array(await whole(c.req.arrayBuffer()));
}

/** @throws {BodyCutError}, and {InvalidValueError} for bytes that are no UTF-8 */
export async function textOf(c: Context): Promise<string> {
  const bytes = await bytesOf(c);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const received = 'bytes that are none';
    throw new InvalidValueError({ field: 'body', expected: 'text in UTF-8', received });
  }
}

/** @throws {BodyCutError}, and {InvalidValueError} for what is no JSON, or would be read as something else than it says */
export async function jsonOf(c: Context): Promise<unknown> {
  return parseExactJson(await textOf(c), 'body');
}

/**
 * What a body means to an agent: JSON its value, a text itself, anything else bytes.
 *
 * @throws {BodyCutError}, and {InvalidValueError} for what is not of the type that it says
 */
export async function payloadOf(c: Context): Promise<unknown> {
  const [type = ''] = (c.req.header('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() === 'application/json') return jsonOf(c);
  return type.startsWith('text/') ? textOf(c) : bytesOf(c);
}

async function whole<Result>(reading: Promise<Result>): Promise<Result> {
  try {
    return await reading;
  } catch (cause) {
    throw new BodyCutError(cause);
  }
}
