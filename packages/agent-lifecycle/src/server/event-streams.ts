import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Subscription } from 'xstate';
import { errorResponse } from './error-response.js';
import { asItComes } from './response-body.js';

/** What a reader may lag behind by, in bytes, before its stream is cut: it may connect anew. */
const MAX_UNSENT = 1024 * 1024;
/** Bytes that a frame costs which waits, beside its own. */
const FRAME_COST = 1024;
/** Milliseconds between the comments that keep proxies from taking a quiet stream for a dead one. */
const HEARTBEAT = 15_000;
/** Heartbeats in a row at which a reader has not taken what was there, before its stream is cut. */
const MAX_MISSED = 4;
/** Seconds. */
const RETRY_AFTER = 5;

export interface StreamedEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/** An event as it is sent. Made once, it is sent to any number of streams. */
export type Frame = Uint8Array;

/** One reader of events. */
export interface EventStream {
  /** Whether the reader has not taken all that was sent. */
  readonly isBehind: boolean;
  /** Sends after what was sent before. A reader that lags too far behind is cut instead. */
  send(frame: Frame): void;
  /** Ends the stream after what was sent: its reader may connect anew. */
  end(): void;
}

export interface StreamSource {
  /** What the stream begins with, a comment. */
  readonly greeting: string;
  /** Frames that come first, each made when the reader has taken the one before. */
  readonly initial?: Iterable<Frame>;
  /** Ends with the stream. */
  readonly subscribe: (stream: EventStream) => Subscription;
  /** Called whenever the reader has taken all that was sent. */
  readonly onRead?: (stream: EventStream) => void;
}

export interface EventStreamsOptions {
  /** The most streams at one time. */
  readonly max: number;
  /** Ends all streams when it is aborted. */
  readonly closing: AbortSignal;
}

const encoder = new TextEncoder();

export function frameOf({ event, data, id }: StreamedEvent): Frame {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n${idLine}\n`);
}

/** The event streams of a server, as many as it allows. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #open = new Set<OpenStream>();
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
    options.closing.addEventListener('abort', () => {
      for (const stream of [...this.#open]) stream.end();
    });
  }

  /** Streams events until the reader or the server goes; 503 where there are as many streams as there may be. */
  respond(c: Context, source: StreamSource) {
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
    // A HEAD request has no reader whose leaving would end a stream.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const { max, closing } = this.#options;
    if (this.#open.size >= max) {
      c.header('retry-after', String(RETRY_AFTER));
      const message = `There are ${max} event streams already: expected fewer`;
      return errorResponse(c, 503, { code: 'TooManyStreams', message, max });
    }
    const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>;
    const stream = new OpenStream(source, outgoing === undefined ? null : () => outgoing.destroy(), () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.#rest();
    });
    this.#open.add(stream);
    this.#heartbeat ??= setInterval(this.#beat, HEARTBEAT).unref();
    stream.begin();
    if (closing.aborted) stream.end();
    return c.body(stream.readable, 200, { ...headers, ...asItComes(c) });
  }

  #rest(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }

  readonly #beat = (): void => {
    for (const stream of [...this.#open]) stream.beat();
  };
}

function costOf(frame: Frame): number {
  return FRAME_COST + frame.length;
}

const STILL_HERE = encoder.encode(': still here\n\n');

class OpenStream implements EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #source: StreamSource;
  readonly #initial: Iterator<Frame>;
  readonly #cutConnection: (() => void) | null;
  readonly #onEnd: () => void;
  /** What came while the initial frames were being read. */
  #waiting: Frame[] | null = [];
  #waitingBytes = 0;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #subscription: Subscription | null = null;
  #missed = 0;
  #isOver = false;

  constructor(source: StreamSource, cutConnection: (() => void) | null, onEnd: () => void) {
    this.#source = source;
    this.#initial = (source.initial ?? [])[Symbol.iterator]();
    this.#cutConnection = cutConnection;
    this.#onEnd = onEnd;
    // Nothing is made ahead: it is asked for more when the reader has taken all.
    const strategy = { highWaterMark: 0, size: costOf };
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#onRead();
        },
        cancel: () => {
          this.#finish();
        },
      },
      strategy,
    );
  }

  get isBehind(): boolean {
    return this.#waiting !== null || this.#unsent > 0;
  }

  begin(): void {
    this.#enqueue(encoder.encode(`: ${this.#source.greeting}\n\n`));
    this.#subscription = this.#source.subscribe(this);
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    if (this.isBehind && this.#unsent + costOf(frame) > MAX_UNSENT) {
      this.#cut();
      return;
    }
    if (this.#waiting === null) {
      this.#enqueue(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += costOf(frame);
  }

  beat(): void {
    if (!this.isBehind) {
      this.#missed = 0;
      this.send(STILL_HERE);
    } else if (++this.#missed >= MAX_MISSED) this.#cut();
  }

  end(): void {
    if (this.#isOver) return;
    while (this.#waiting !== null) this.#sendNextInitial();
    this.#finish();
    this.#controller?.close();
  }

  get #unsent(): number {
    return this.#waitingBytes - (this.#controller?.desiredSize ?? 0);
  }

  #onRead(): void {
    this.#missed = 0;
    if (this.#isOver) return;
    if (this.#waiting !== null) this.#sendNextInitial();
    else this.#source.onRead?.(this);
  }

  #sendNextInitial(): void {
    const next = this.#initial.next();
    if (next.done !== true) {
      this.#enqueue(next.value);
      return;
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    this.#waitingBytes = 0;
    for (const frame of waiting) this.#enqueue(frame);
    // Nothing waited: the reader is as far as all others.
    if (waiting.length === 0) this.#source.onRead?.(this);
  }

  #enqueue(frame: Frame): void {
    this.#controller?.enqueue(frame);
  }

  #cut(): void {
    this.#finish();
    // What is queued here, and in Node, goes with the connection.
    if (this.#cutConnection !== null) this.#cutConnection();
    else this.#controller?.error(new Error('The reader of the event stream lags too far behind'));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = null;
    this.#waitingBytes = 0;
    this.#subscription?.unsubscribe();
    this.#onEnd();
  }
}
