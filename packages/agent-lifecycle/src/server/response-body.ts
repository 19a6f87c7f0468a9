import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Socket } from 'node:net';
import { RequestError } from 'xstate-agent-lifecycle';
import type { SentBody, SlowReaders } from './slow-readers.js';

/** Bytes that are sent at once: whether a reader takes of more, nobody could see before it has taken all. */
const MAX_PART = 16 * 1024;

export interface ResponseBodyOptions {
  /** The agent whose answer it is. */
  readonly agent: string;
  /** Milliseconds for which its reader may take nothing. */
  readonly timeout: number;
  /** Sees to that. */
  readonly readers: SlowReaders;
  /** Called once where its reader leaves, or is cut, before the end. */
  readonly onLeft: (reason: Error) => void;
}

/**
 * The body of an answer that comes bit by bit. Its reader is asked for its pace: `hasRoom()` resolves when it has taken
 * what was sent. One that takes nothing for too long is cut, and so is one to whom the end cannot be told otherwise.
 */
export class ResponseBody implements SentBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #options: ResponseBodyOptions;
  readonly #connection: HttpBindings['outgoing'] | null;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #sent = 0;
  #isAsked = false;
  #onAsked: (() => void) | null = null;
  #isOver = false;

  constructor(c: Context, options: ResponseBodyOptions) {
    this.#options = options;
    this.#connection = ((c.env ?? {}) as Partial<HttpBindings>).outgoing ?? null;
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#isAsked = true;
          this.#goOn();
        },
        cancel: (reason) => {
          this.#leave(
            reason instanceof Error ? reason : new DOMException('The reader has left', 'AbortError'),
          );
        },
      },
      { highWaterMark: 0, size: ({ byteLength }) => byteLength },
    );
    options.readers.watch(this, options.timeout);
    // What is left when all was sent still has to be taken.
    this.#connection?.once('close', () => {
      options.readers.forget(this);
    });
  }

  /** Bytes that its reader has not asked for. */
  get ahead(): number {
    return -(this.#controller.desiredSize ?? 0);
  }

  /** Whether nothing more can be sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isBehind(): boolean {
    if (this.#connection === null) return this.ahead > 0;
    // A response has its connection when those before it are sent.
    return this.#connection.socket !== null && this.#connection.writableLength > 0;
  }

  get taken(): number {
    const socket = this.#connection?.socket;
    return socket ? socket.bytesWritten - socket.writableLength : this.#sent - this.ahead;
  }

  /** Without effect on one that is over. */
  send(bytes: Uint8Array): void {
    // Its reader, who was sent nothing, would not ask again.
    if (this.#isOver || bytes.length === 0) return;
    this.#isAsked = false;
    this.#sent += bytes.length;
    for (let from = 0; from < bytes.length; from += MAX_PART) {
      this.#controller.enqueue(bytes.subarray(from, from + MAX_PART));
    }
  }

  /** Waits until the reader asks for more, or the body is over. */
  async hasRoom(): Promise<void> {
    if (this.#isAsked || this.#isOver) return;
    await new Promise<void>((resolve) => {
      this.#onAsked = resolve;
    });
  }

  /** Ends it: its reader has all. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.close();
    if (this.#connection === null) this.#options.readers.forget(this);
  }

  /** Ends it so that its reader sees that something is missing. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#connection === null) {
      this.#options.readers.forget(this);
      this.#controller.error(error);
      return;
    }
    // A stream that fails is printed by the server around the app. What was sent before goes out in this turn.
    setImmediate(() => {
      this.#disconnect();
    });
  }

  cut(): void {
    const error = new RequestError('ReaderTooSlow', this.#options.agent);
    const { isOver } = this;
    this.#leave(error);
    if (this.#connection !== null) this.#disconnect();
    else if (!isOver) this.#controller.error(error);
  }

  /** Over HTTP/1.0 a body ends where its connection is closed: one that is cut is reset instead. */
  #disconnect(): void {
    const connection = this.#connection;
    if (connection?.req.httpVersion === '1.0' && connection.socket !== null) reset(connection.socket);
    connection?.destroy();
  }

  #leave(reason: Error): void {
    this.#options.readers.forget(this);
    if (this.#isOver) return;
    this.#isOver = true;
    this.#goOn();
    this.#options.onLeft(reason);
  }

  #goOn(): void {
    this.#onAsked?.();
    this.#onAsked = null;
  }
}

function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    // Only TCP has a reset. TLS tells a cut from an end by itself; a socket of Unix does not.
  }
}

/** A header that has Node send a body as it comes, and not look for its end in the first parts of it. */
export function asItComes(c: Context): { readonly 'transfer-encoding'?: string } {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  // HTTP/1.0 knows no chunks, and HTTP/2 no such header.
  return incoming?.httpVersion === '1.1' ? { 'transfer-encoding': 'chunked' } : {};
}
