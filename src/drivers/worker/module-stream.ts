import { IncomingChunks } from '../incoming-chunks.js';
import { MAX_CHUNKS_AHEAD } from './chunk-sender.js';

/** The other end of the stream, in the worker. */
export interface StreamedCall {
  /** Called with how many chunks were read since the first. */
  readonly onRead: (upTo: number) => void;
  /** Called when the reader leaves before the end. */
  readonly onLeave: () => void;
}

/** The answer of a module that is a stream: its chunks as they are received, and how many the reader has taken. */
export class ModuleStream {
  readonly chunks: IncomingChunks<unknown>;
  #received = 0;
  #read = 0;
  #toldRead = 0;

  constructor({ onRead, onLeave }: StreamedCall) {
    this.chunks = new IncomingChunks<unknown>({
      onRead: (chunk) => {
        this.#read += 1;
        const isEmpty = this.chunks.unread === 0;
        if (isEmpty || this.#read - this.#toldRead >= MAX_CHUNKS_AHEAD / 2) {
          this.#toldRead = this.#read;
          onRead(this.#read);
        }
        return chunk;
      },
      onLeave,
    });
  }

  /** How many chunks have come. */
  get received(): number {
    return this.#received;
  }

  /** False where they are more than a worker may be ahead: they are not taken then. */
  receive(chunks: readonly unknown[]): boolean {
    if (this.chunks.unread + chunks.length > MAX_CHUNKS_AHEAD) return false;
    this.#received += chunks.length;
    this.chunks.push(chunks);
    return true;
  }
}
