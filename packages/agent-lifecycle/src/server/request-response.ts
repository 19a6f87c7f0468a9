import type { Context } from 'hono';
import { InvalidValueError, RequestError } from 'xstate-agent-lifecycle';
import { firstNotJson } from '../../../../src/util/json-check.js';
import { bytesOf } from './body.js';
import { goneResponse } from './error-response.js';

/** Characters, roughly: what is shared within a value counts each time, so that a small one cannot become a huge text. */
const MAX_JSON_SIZE = 64 * 1024 * 1024;

/** Has an agent answer the body of a request. */
export async function requestResponse(
  c: Context,
  agent: string,
  request: (body: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<unknown>,
) {
  const body = await bytesOf(c);
  const { signal } = c.req.raw;
  try {
    return answerResponse(c, agent, await request(body, { signal }));
  } catch (error) {
    // It is the reason of the signal then, which may be anything.
    if (signal.aborted) return goneResponse(c);
    throw error;
  }
}

/**
 * Bytes and text as they are, whatever they may mean to a browser; anything else as JSON.
 *
 * @throws {RequestError} `AnswerNotJson` for what JSON would carry otherwise, or not at all
 */
function answerResponse(c: Context, agent: string, answer: unknown) {
  const headers = { 'content-type': 'application/octet-stream' };
  if (answer instanceof Uint8Array) return c.body(Uint8Array.from(answer), 200, headers);
  if (typeof answer === 'string') return c.body(answer, 200, headers);
  return c.body(jsonTextOf(agent, answer ?? null), 200, { 'content-type': 'application/json' });
}

function jsonTextOf(agent: string, answer: unknown): string {
  try {
    const found = firstNotJson(answer, 'answer', { toJson: true, maxSize: MAX_JSON_SIZE });
    if (found !== null) throw new InvalidValueError(found);
    return JSON.stringify(answer);
  } catch (cause) {
    throw new RequestError('AnswerNotJson', agent, { cause });
  }
}
