import type { OpenLease } from './lease-table.js';

/** A stream of a driver that may fail while nobody reads it, so that its request is not held up by its reader. */
export interface CutStream {
  /** Calls a listener with the error once it is cut: at once, where it is already. */
  onCut(listener: (error: Error) => void): void;
}

/** The answer of one instance that is a stream. Its request is pending until it has ended. */
export class AnswerStream {
  readonly lease: OpenLease;
  readonly #iterator: AsyncIterator<unknown>;
  #ending: Promise<void> | null = null;

  constructor(iterator: AsyncIterator<unknown>, lease: OpenLease) {
    this.#iterator = iterator;
    this.lease = lease;
    lease.isStreaming = true;
    // Nothing is asked of the agent before somebody reads.
    lease.waitingSince = Infinity;
    lease.onAbort(() => void this.end());
    if ('onCut' in iterator) {
      (iterator as AsyncIterator<unknown> & CutStream).onCut((error) => {
        lease.abort(error);
      });
    }
  }

  /**
   * Asks for the next chunk.
   *
   * @param now the moment from which on the agent has its time
   * @throws what an iterator throws that is no generator
   */
  next(now: number): Promise<IteratorResult<unknown>> {
    this.lease.waitingSince = now;
    return Promise.resolve(this.#iterator.next());
  }

  /** Notes that the agent has answered: its reader may take its time. */
  answered(): void {
    this.lease.waitingSince = Infinity;
  }

  /** Ends it before its time. Resolves once its generator has returned, or its agent has ended. */
  end(): Promise<void> {
    if (this.#ending === null) {
      this.#ending = new Promise((resolve) => {
        this.lease.onEnd(resolve);
      });
      void this.#return();
    }
    return this.#ending;
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // Nobody waits for what comes of it.
    } finally {
      this.lease.release();
    }
  }
}

/** The stream of an answer that is an `AsyncIterable` or a `ReadableStream`; null for a value. */
export function streamOf(answer: unknown, lease: OpenLease): AnswerStream | null {
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncIterator in answer)) return null;
  return new AnswerStream(iteratorOf(answer as AsyncIterable<unknown>), lease);
}

/** The iterators of streams would wait for a chunk before they return: those are ended themselves. */
function iteratorOf(answer: AsyncIterable<unknown>): AsyncIterator<unknown> {
  if (answer instanceof ReadableStream) return readerOf(answer);
  const iterator = answer[Symbol.asyncIterator]();
  if (!isNodeStream(answer)) return iterator;
  return {
    next: () => iterator.next(),
    return: async () => {
      answer.destroy();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}

interface NodeStream {
  destroy(): void;
}

/** By the mark that Node itself looks for: this may be no module of Node's. */
function isNodeStream(answer: object): answer is NodeStream {
  return '_readableState' in answer && 'destroy' in answer && typeof answer.destroy === 'function';
}

function readerOf(stream: ReadableStream<unknown>): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
