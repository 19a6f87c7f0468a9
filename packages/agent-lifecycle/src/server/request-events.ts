import type { Context } from 'hono';
import { RequestError } from 'xstate-agent-lifecycle';
import { answerText } from './answer-text.js';
import { asItComes, ResponseBody } from './response-body.js';
import { tokenFields } from './resume-token.js';
import type { AnsweringAgent, RequestCallOptions } from './request-response.js';
import { bytesIn } from './stream-response.js';

const encoder = new TextEncoder();
/** Bytes of progress that may wait for a reader: beyond that it is dropped, as it tells nothing that must arrive. */
const MAX_AHEAD = 64 * 1024;

/**
 * Answers in server-sent events: the chunks as `data`, beside `progress`, `handedOver`, `error` and `end`. The status
 * goes with the first event: what fails before is an error.
 *
 * @throws whatever the request fails with before its first event
 */
export async function eventResponse(
  c: Context,
  { name: agent, timeout, readers }: AnsweringAgent,
  send: (options: RequestCallOptions) => Promise<unknown>,
) {
  // Aborted when nobody reads, and when there is something that no reader can be told.
  const end = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, end.signal]);
  const body = new ResponseBody(c, {
    agent,
    timeout,
    readers,
    onLeft: (reason) => {
      end.abort(reason);
    },
  });
  const events = new RequestEvents(body);
  const onProgress = (value: unknown) => {
    if (body.ahead >= MAX_AHEAD) return;
    try {
      events.send('progress', answerText(agent, plain(value)));
    } catch (error) {
      end.abort(error);
    }
  };
  const work = async () => {
    const answer = await send({ signal, onProgress });
    const chunks = answer instanceof ReadableStream ? (answer as ReadableStream<unknown>) : [answer];
    for await (const chunk of chunks) {
      events.send(null, answerText(agent, plain(chunk)));
      await body.hasRoom();
    }
    events.send('end', '');
    body.end();
  };
  work().catch((error: unknown) => {
    events.fail(error);
  });
  await events.begun;
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...asItComes(c) };
  return c.body(body.stream, 200, headers);
}

/** JSON carries no bytes: they are in base64. */
function plain(value: unknown): unknown {
  const bytes = bytesIn(value);
  return bytes === null ? (value ?? null) : Buffer.from(bytes).toString('base64');
}

/** The events of a request. */
class RequestEvents {
  /** Resolves with the first event; rejects where the request has failed before. */
  readonly begun: Promise<void>;
  readonly #body: ResponseBody;
  #begin!: () => void;
  #refuse!: (error: unknown) => void;
  #hasBegun = false;

  constructor(body: ResponseBody) {
    this.#body = body;
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = reject;
    });
  }

  send(event: string | null, data: string): void {
    this.#hasBegun = true;
    this.#body.send(encoder.encode(`${event === null ? '' : `event: ${event}\n`}data: ${data}\n\n`));
    this.#begin();
  }

  /** Ends with an event for the error, where there was one before; its request fails as a whole otherwise. */
  fail(error: unknown): void {
    if (!this.#hasBegun) {
      this.#refuse(error);
      this.#body.end();
      return;
    }
    const { code = 'InternalError', message = '', token } = error as Partial<RequestError>;
    const fields = tokenFields({ message, token });
    if (code === 'HandedOver' && 'token' in fields) this.send('handedOver', JSON.stringify({ token }));
    else this.send('error', JSON.stringify({ code, ...fields }));
    this.#body.end();
  }
}
