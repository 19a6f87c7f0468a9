import type { Context } from 'hono';
import { RequestError } from 'xstate-agent-lifecycle';
import { answerText } from './answer-text.js';
import type { RequestCallOptions } from './request-response.js';
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
  agent: string,
  send: (options: RequestCallOptions) => Promise<unknown>,
) {
  const left = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, left.signal]);
  const events = new EventBody(() => {
    left.abort(new DOMException('The reader has left', 'AbortError'));
  });
  const onProgress = (value: unknown) => {
    if (events.ahead < MAX_AHEAD) events.send('progress', answerText(agent, value ?? null));
  };
  const work = async () => {
    const answer = await send({ signal, onProgress });
    const chunks = answer instanceof ReadableStream ? (answer as ReadableStream<unknown>) : [answer];
    for await (const chunk of chunks) {
      events.send(null, answerText(agent, plain(chunk)));
      await events.hasRoom();
    }
    events.send('end', '');
    events.close();
  };
  work().catch((error: unknown) => {
    events.fail(error);
  });
  await events.begun;
  return c.body(events.stream, 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
}

/** JSON carries no bytes: they are in base64. */
function plain(chunk: unknown): unknown {
  const bytes = bytesIn(chunk);
  return bytes === null ? (chunk ?? null) : Buffer.from(bytes).toString('base64');
}

/** The body of a response in events. */
class EventBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves with the first event; rejects where the request has failed before. */
  readonly begun: Promise<void>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #begin!: () => void;
  #refuse!: (error: unknown) => void;
  #hasBegun = false;
  #onRoom: (() => void) | null = null;

  constructor(onLeft: () => void) {
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = reject;
    });
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#onRoom?.();
          this.#onRoom = null;
        },
        cancel: () => {
          this.#onRoom?.();
          onLeft();
        },
      },
      { highWaterMark: 1, size: ({ byteLength }) => byteLength },
    );
  }

  /** Bytes that its reader has not taken. */
  get ahead(): number {
    return 1 - (this.#controller.desiredSize ?? 1);
  }

  send(event: string | null, data: string): void {
    this.#hasBegun = true;
    this.#controller.enqueue(encoder.encode(`${event === null ? '' : `event: ${event}\n`}data: ${data}\n\n`));
    this.#begin();
  }

  /** Waits until the reader has taken what was sent. */
  async hasRoom(): Promise<void> {
    if (this.ahead <= 0) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  close(): void {
    this.#controller.close();
  }

  /** Ends with an event for the error, where there was one before; its request fails as a whole otherwise. */
  fail(error: unknown): void {
    if (!this.#hasBegun) {
      this.#refuse(error);
      return;
    }
    try {
      const { code = 'InternalError', message, token } = error as Partial<RequestError>;
      if (code === 'HandedOver') this.send('handedOver', JSON.stringify({ token }));
      else this.send('error', JSON.stringify({ code, message, token }));
      this.close();
    } catch {
      // Its reader has left.
    }
  }
}
