import type { CutStream } from '../host/requests/answer-stream.js';

/** Who has the chunks sent, and keeps account of those that nobody has read. */
export interface ChunkSource<Item> {
  /** Called when an item is read. Returns the chunk that it stands for. */
  readonly onRead: (item: Item) => unknown;
  /** Called when the items that nobody has read are dropped. */
  readonly onDropped?: () => void;
  /** Called once, when the reader leaves before the end. The source must call `end` or `fail` once nothing more comes. */
  readonly onLeave: () => void;
}

type Outcome =
  | { readonly type: 'returned'; readonly value: unknown }
  | { readonly type: 'failed'; readonly error: unknown };

interface Reader {
  readonly resolve: (step: IteratorResult<unknown, unknown>) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING: Outcome = { type: 'returned', value: undefined };
/** Items that were read and are still held, at most: to remove each by itself takes time with their number. */
const MAX_HELD = 1_024;

/** Chunks that come from elsewhere, in the order in which they came, as an iterator. */
export class IncomingChunks<Item> implements AsyncIterator<unknown, unknown>, CutStream {
  readonly #source: ChunkSource<Item>;
  #items: Item[] = [];
  /** Where the first item is that is not read. */
  #first = 0;
  readonly #readers: Reader[] = [];
  /** What the reader receives after the chunks; null while more may come. */
  #outcome: Outcome | null = null;
  /** Whether the source has come to its end, which may be later than the reader's. */
  #isEnded = false;
  readonly #onEnded: (() => void)[] = [];
  #cutBy: { readonly error: Error } | null = null;
  #onCut: ((error: Error) => void) | null = null;

  constructor(source: ChunkSource<Item>) {
    this.#source = source;
  }

  /** How many chunks are there that nobody has read. */
  get unread(): number {
    return this.#items.length - this.#first;
  }

  /** Takes chunks in. They are dropped where the reader has left. */
  push(items: readonly Item[]): void {
    if (this.#outcome !== null) return;
    for (const item of items) this.#items.push(item);
    while (this.unread > 0 && this.#readers.length > 0) {
      this.#readers.shift()?.resolve({ done: false, value: this.#take() });
    }
  }

  /** The source has come to its end. The reader receives the value after the chunks that are there. */
  end(value: unknown): void {
    this.#close({ type: 'returned', value });
  }

  /** The source has failed. The reader receives the error after the chunks that are there. */
  fail(error: unknown): void {
    this.#close({ type: 'failed', error });
  }

  /** Has the reader fail at once, though the source has not come to its end yet. */
  cut(error: Error): void {
    if (this.#outcome !== null) return;
    this.#drop();
    this.#settle({ type: 'failed', error });
    this.#cutBy = { error };
    this.#onCut?.(error);
  }

  onCut(listener: (error: Error) => void): void {
    this.#onCut = listener;
    if (this.#cutBy !== null) listener(this.#cutBy.error);
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.unread > 0) return Promise.resolve({ done: false, value: this.#take() });
    return new Promise((resolve, reject) => {
      if (this.#outcome === null) this.#readers.push({ resolve, reject });
      else this.#finish({ resolve, reject });
    });
  }

  /** Leaves. Resolves when the source has come to its end. */
  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    const leaves = this.#outcome === null;
    this.#drop();
    this.#settle(NOTHING);
    if (leaves) this.#source.onLeave();
    if (!this.#isEnded) await new Promise<void>((resolve) => this.#onEnded.push(resolve));
    return { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): unknown {
    const item = this.#items[this.#first] as Item;
    this.#first += 1;
    if (this.unread === 0 || this.#first === MAX_HELD) {
      this.#items.splice(0, this.#first);
      this.#first = 0;
    }
    return this.#source.onRead(item);
  }

  #drop(): void {
    this.#items = [];
    this.#first = 0;
    this.#source.onDropped?.();
  }

  #close(outcome: Outcome): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#outcome === null) this.#settle(outcome);
    for (const onEnded of this.#onEnded) onEnded();
  }

  #settle(outcome: Outcome): void {
    this.#outcome = outcome;
    for (const reader of this.#readers.splice(0)) this.#finish(reader);
  }

  /** The outcome is received once: after it there is nothing. */
  #finish({ resolve, reject }: Reader): void {
    const outcome = this.#outcome ?? NOTHING;
    this.#outcome = NOTHING;
    if (outcome.type === 'failed') reject(outcome.error);
    else resolve({ done: true, value: outcome.value });
  }
}
