import { once } from 'node:events';

const NEWLINE = 0x0a;

/** Standard output, at the pace of its reader. */
export class StandardOutput {
  readonly #stream = process.stdout;
  readonly #closed = new AbortController();
  #endsLine = true;

  constructor() {
    this.#stream.on('error', (error) => {
      this.#closed.abort(error);
    });
  }

  /** Aborted when it takes nothing more, with the error of it. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Whether its reader has left, as `head` does, which is no error. */
  get hasReaderLeft(): boolean {
    return this.closed.aborted && (this.closed.reason as NodeJS.ErrnoException).code === 'EPIPE';
  }

  async write(piece: string | Uint8Array): Promise<void> {
    this.closed.throwIfAborted();
    if (piece.length > 0) this.#endsLine = [NEWLINE, '\n'].includes(piece.at(-1) ?? '');
    if (!this.#stream.write(piece)) await once(this.#stream, 'drain', { signal: this.closed });
  }

  /** Has what people read next begin on a line of its own. */
  endLine(): void {
    if (this.#stream.isTTY && !this.#endsLine) this.#stream.write('\n');
  }
}
