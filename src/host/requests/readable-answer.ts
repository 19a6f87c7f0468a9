import { isHandedOver } from './request-call.js';
import { AnswerStream } from './answer-stream.js';
import { requestFailed, withToken } from './request-error.js';
import type { JsonValue } from '../../values/json-value.js';

export interface ReadableAnswerOptions {
  readonly agent: string;
  readonly now: () => number;
  /**
   * Has the next instance go on where one has handed over: resolves to its stream, or to its value.
   *
   * @param left aborted when the reader leaves
   * @throws {RequestError} where none goes on
   */
  readonly goOn: (token: JsonValue, left: AbortSignal) => Promise<unknown>;
  /** Called once, when nothing more comes. `error` is what the reader was told; undefined after a clean end. */
  readonly onEnd: (end: { readonly error: unknown; readonly chunks: number }) => void;
}

/** An answer as its caller reads it: no chunk is asked of the agent before it is read. */
export function readableAnswer(
  stream: AnswerStream,
  options: ReadableAnswerOptions,
): ReadableStream<unknown> {
  return new ReadableStream(new AnswerSource(stream, options), { highWaterMark: 0 });
}

class AnswerSource implements UnderlyingDefaultSource<unknown> {
  readonly #options: ReadableAnswerOptions;
  #stream: AnswerStream;
  #controller: ReadableStreamDefaultController<unknown> | null = null;
  /** Aborted when the reader leaves while an instance is being handed the request. */
  #left: AbortController | null = null;
  /** With what the instance was to go on, until it has: null for one that begins. */
  #token: JsonValue | null = null;
  #chunks = 0;
  #isOver = false;

  constructor(stream: AnswerStream, options: ReadableAnswerOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<unknown>): void {
    this.#controller = controller;
    this.#attach(this.#stream);
  }

  pull(): Promise<void> | undefined {
    try {
      return this.#stream.next(this.#options.now()).then(this.#onStep, this.#onError);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  async cancel(reason: unknown): Promise<void> {
    const left = reason instanceof Error ? reason : new DOMException('The reader has left', 'AbortError');
    this.#finish(left);
    this.#left?.abort(left);
    const stream = this.#stream;
    stream.lease.callOff(left);
    await stream.end();
  }

  readonly #onStep = (step: unknown): void | Promise<void> => {
    this.#stream.answered();
    // What comes of a request that is over is ignored.
    if (this.#isOver) return;
    try {
      return this.#take(step);
    } catch (error) {
      this.#onError(error);
    }
  };

  /** @throws what a step throws when it is read, and for what is none: an iterator need not come from a generator */
  #take(step: unknown): void | Promise<void> {
    if (typeof step !== 'object' || step === null) {
      throw new TypeError(`The stream gave ${String(step)} where a chunk was asked for`);
    }
    const { done, value } = step as IteratorResult<unknown, unknown>;
    if (done !== true) {
      if (isHandedOver(value)) this.#refuseYielded();
      else this.#enqueue(value);
      return;
    }
    if (isHandedOver(value)) return this.#goOn(value.token);
    this.#stream.lease.release();
    this.#close(value);
  }

  /** As a chunk its token would go to a reader that takes it for an answer, and nobody would go on. */
  #refuseYielded(): void {
    const cause = new TypeError('handOver() has to be returned, not yielded');
    this.#stream.lease.abort(requestFailed(this.#options.agent, cause));
  }

  readonly #onError = (error: unknown): void => {
    this.#stream.answered();
    // The chunk of a stream that was cut may fail at once, and its generator return later.
    if (this.#isOver) return;
    this.#stream.lease.release();
    this.#fail(requestFailed(this.#options.agent, error));
  };

  async #goOn(token: JsonValue): Promise<void> {
    this.#stream.lease.handOver();
    this.#left = new AbortController();
    try {
      const answer = await this.#options.goOn(token, this.#left.signal);
      if (!(answer instanceof AnswerStream)) {
        if (!this.#isOver) this.#close(answer);
        return;
      }
      this.#stream = answer;
      this.#token = token;
      this.#attach(answer);
      if (this.#isOver) answer.lease.callOff(this.#left.signal.reason as Error);
      else await this.pull();
    } catch (error) {
      this.#fail(error);
    }
  }

  #attach(stream: AnswerStream): void {
    stream.lease.onAbort((reason) => {
      if (this.#stream === stream) this.#fail(reason);
    });
  }

  #enqueue(chunk: unknown): void {
    this.#chunks++;
    this.#token = null;
    this.#controller?.enqueue(chunk);
  }

  #close(last: unknown): void {
    if (last !== undefined) this.#enqueue(last);
    this.#controller?.close();
    this.#finish(undefined);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    const told = this.#token === null ? error : withToken(error, this.#token);
    this.#controller?.error(told);
    this.#finish(told);
  }

  #finish(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnd({ error, chunks: this.#chunks });
  }
}
