// It is JavaScript because an agent's worker loads it, too, also where TypeScript sources run.
import { Readable } from 'node:stream';
import { isHandedOver } from './handed-over.js';
import { ownBytes, sizeOfClone } from './structured-clone.js';

/** Chunks of a stream that may be ahead of its reader, and bytes; one chunk of any size may be. */
export const MAX_CHUNKS_AHEAD = 64;
const MAX_BYTES_AHEAD = 64 * 1024;

// Held before the module can put others in their place.
const {
  Promise: NativePromise,
  setImmediate: onNextTurn,
  structuredClone: clone,
  ReadableStream,
} = globalThis;

/**
 * Sends the chunks of a stream: those that are ready in the same turn together, and no more than its reader has
 * room for.
 */
export class ChunkSender {
  /** @type {AsyncIterator<unknown>} */
  #iterator;
  /** @type {(chunks: unknown[]) => void} */
  #send;
  /** @type {(value: unknown) => void} */
  #resolve = ignore;
  /** @type {(error: unknown) => void} */
  #reject = ignore;
  /** Chunks that are ready. @type {unknown[]} */
  #batch = [];
  #willFlush = false;
  /** What each chunk takes that was not read yet. @type {number[]} */
  #ahead = [];
  #bytesAhead = 0;
  #read = 0;
  #isOver = false;
  /** Called when there is room again. @type {() => void} */
  #onRoom = ignore;

  /**
   * @param {AsyncIterator<unknown>} iterator
   * @param {(chunks: unknown[]) => void} send
   */
  constructor(iterator, send) {
    this.#iterator = iterator;
    this.#send = send;
  }

  /**
   * Sends all chunks. Resolves to what the iterator returns, and rejects with what it throws.
   *
   * @returns {Promise<unknown>}
   */
  run() {
    return new NativePromise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      void this.#pump();
    });
  }

  /** Sends the chunks that are ready, so that what is said next comes after them. */
  flush() {
    if (this.#batch.length === 0) return;
    const chunks = this.#batch;
    this.#batch = [];
    this.#send(chunks);
  }

  /** Notes what the reader has read. @param {number} upTo chunks, from the first one on */
  noteRead(upTo) {
    for (; this.#read < upTo && this.#ahead.length > 0; this.#read++) {
      this.#bytesAhead -= this.#ahead.shift() ?? 0;
    }
    if (!this.#isFull) this.#onRoom();
  }

  /** Ends the stream for a reader that has left: the iterator returns. */
  async cancel() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#batch = [];
    this.#onRoom();
    try {
      await this.#iterator.return?.();
      this.#resolve(undefined);
    } catch (error) {
      this.#reject(error);
    }
  }

  get #isFull() {
    return this.#ahead.length >= MAX_CHUNKS_AHEAD || this.#bytesAhead >= MAX_BYTES_AHEAD;
  }

  async #pump() {
    try {
      while (!this.#isOver) {
        if (this.#isFull) await this.#room();
        else if (await this.#sendNext()) return;
      }
    } catch (error) {
      // A reader that has left is answered by `cancel`.
      if (!this.#isOver) this.#fail(error);
    }
  }

  /** Whether that was the end. */
  async #sendNext() {
    const step = /** @type {IteratorResult<unknown, unknown>} */ (await this.#iterator.next());
    if (this.#isOver) return true;
    if (step.done === true) {
      this.#isOver = true;
      this.flush();
      this.#resolve(step.value);
      return true;
    }
    if (isHandedOver(step.value)) {
      await this.#iterator.return?.();
      throw new TypeError('handOver() has to be returned, not yielded');
    }
    this.#add(step.value);
    return false;
  }

  /** @param {unknown} chunk */
  #add(chunk) {
    const own = ownBytes(chunk);
    const size = sizeOfClone(own);
    // As it is now: a module may use one object for all of its chunks.
    this.#batch.push(typeof own === 'object' ? clone(own) : own);
    this.#ahead.push(size);
    this.#bytesAhead += size;
    if (this.#willFlush) return;
    this.#willFlush = true;
    onNextTurn(() => {
      this.#willFlush = false;
      this.flush();
    });
  }

  async #room() {
    this.flush();
    await new NativePromise((resolve) => {
      this.#onRoom = () => {
        this.#onRoom = ignore;
        resolve(undefined);
      };
    });
  }

  /** What was ready is sent before the error. @param {unknown} error */
  #fail(error) {
    this.#isOver = true;
    this.flush();
    this.#reject(error);
    void quietly(() => this.#iterator.return?.());
  }
}

/**
 * The chunks of an answer that is a stream; null for a value.
 *
 * @param {unknown} answer
 * @returns {AsyncIterator<unknown> | null}
 */
export function iteratorOf(answer) {
  if (typeof answer !== 'object' || answer === null) return null;
  // The iterators of streams would wait for a chunk before they return.
  if (answer instanceof ReadableStream) return readerOf(answer);
  if (!(Symbol.asyncIterator in answer)) return null;
  const iterator = /** @type {AsyncIterable<unknown>} */ (answer)[Symbol.asyncIterator]();
  return answer instanceof Readable ? destroyerOf(answer, iterator) : iterator;
}

/** @param {Readable} stream @param {AsyncIterator<unknown>} iterator @returns {AsyncIterator<unknown>} */
function destroyerOf(stream, iterator) {
  return {
    next: () => iterator.next(),
    return: async () => {
      stream.destroy();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** @param {ReadableStream<unknown>} stream @returns {AsyncIterator<unknown>} */
function readerOf(stream) {
  const reader = stream.getReader();
  return {
    next: () => /** @type {Promise<IteratorResult<unknown>>} */ (reader.read()),
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function ignore() {
  // Nobody waits.
}

/** @param {() => unknown} work */
async function quietly(work) {
  try {
    await work();
  } catch {
    // The stream has failed already.
  }
}
