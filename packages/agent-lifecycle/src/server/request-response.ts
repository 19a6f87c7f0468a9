import type { Context } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import { payloadOf } from './body.js';
import { answerText } from './answer-text.js';
import { goneResponse } from './error-response.js';
import { eventResponse } from './request-events.js';
import { resumeIn } from './resume-token.js';
import type { SlowReaders } from './slow-readers.js';
import { bytesIn, streamResponse } from './stream-response.js';

/** What a server passes to an agent beside a body. */
export interface RequestCallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (value: unknown) => void;
  readonly resume?: unknown;
}

export type SendRequest = (payload: unknown, options: RequestCallOptions) => Promise<unknown>;

/** The agent that answers. */
export interface AnsweringAgent {
  readonly name: string;
  /** Milliseconds for which the reader of a stream may take nothing. */
  readonly timeout: number;
  /** Cuts that reader. */
  readonly readers: SlowReaders;
}

/** Has an agent answer the body of a request: with a value, a stream as it comes, or events where they are asked for. */
export async function requestResponse(c: Context, agent: AnsweringAgent, send: SendRequest) {
  const resume = resumeIn(c);
  const payload = await payloadOf(c);
  const { signal } = c.req.raw;
  try {
    if (wantsEvents(c)) {
      return await eventResponse(c, agent, (options) => send(payload, { ...options, resume }));
    }
    const answer = await send(payload, { signal, resume });
    return answer instanceof ReadableStream
      ? await streamResponse(c, agent, answer as ReadableStream<unknown>)
      : valueResponse(c, agent.name, answer);
  } catch (error) {
    // It is the reason of the signal then, which may be anything.
    if (signal.aborted) return goneResponse(c);
    throw error;
  }
}

function wantsEvents(c: Context): boolean {
  const accepted = parseAccept(c.req.header('accept') ?? '');
  return accepted.some(({ type, q }) => q > 0 && type.toLowerCase() === 'text/event-stream');
}

/**
 * Bytes and text as they are, whatever they may mean to a browser; anything else as JSON.
 *
 * @throws {RequestError} `AnswerNotJson` for what JSON would carry otherwise, or not at all
 */
function valueResponse(c: Context, agent: string, answer: unknown) {
  const headers = { 'content-type': 'application/octet-stream' };
  if (typeof answer === 'string') return c.body(answer, 200, headers);
  const bytes = bytesIn(answer);
  if (bytes !== null) return c.body(bytes, 200, headers);
  return c.body(answerText(agent, answer ?? null), 200, { 'content-type': 'application/json' });
}
