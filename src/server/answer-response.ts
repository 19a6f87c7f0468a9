import type { Context } from 'hono';

/** Bytes and text as they are, whatever they may mean to a browser; anything else as JSON. */
export function answerResponse(c: Context, answer: unknown) {
  const headers = { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' };
  if (answer instanceof Uint8Array) return c.body(Uint8Array.from(answer), 200, headers);
  if (typeof answer === 'string') return c.body(answer, 200, headers);
  return c.json(answer ?? null);
}
