/** Milliseconds from the first thing that waits to the next batch. */
const INTERVAL = 10;
/** So that sending never takes the event loop for long. */
const BATCH_SIZE = 100;

export interface OutboxOptions<Item> {
  /** Items that wait, before the oldest is dropped. */
  readonly capacity: number;
  /** Items a second. */
  readonly rate: number;
  /** Asked before each batch: as long as it is, everything waits. */
  readonly isBusy: () => boolean;
  /** @param dropped how many were dropped since the batch before */
  readonly deliver: (items: readonly Item[], dropped: number) => void;
}

/** A bounded queue to someone who may be slow: to put something in is always quick, and what it cannot hold is lost. */
export class Outbox<Item> {
  readonly #options: OutboxOptions<Item>;
  /** A ring. */
  readonly #slots: (Item | undefined)[];
  #head = 0;
  #size = 0;
  #dropped = 0;
  #reported = 0;
  /** How many may be sent now, at the rate; never more than those of a second. */
  #allowance: number;
  #allowedAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
    this.#slots = new Array<Item | undefined>(options.capacity).fill(undefined);
    this.#allowance = options.rate;
  }

  /** How many were never delivered, because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  put(item: Item): void {
    if (this.#isClosed) return;
    if (this.#size === this.#slots.length) {
      this.#take();
      this.#dropped++;
    }
    this.#slots[(this.#head + this.#size) % this.#slots.length] = item;
    this.#size++;
    this.#schedule();
  }

  /** Delivers what waits, if it can be now, and takes nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#options.isBusy()) {
      this.#dropped += this.#size;
      while (this.#size > 0) this.#take();
    } else if (this.#size > 0) this.#deliver(this.#size);
  }

  #schedule(): void {
    if (this.#timer !== null || this.#size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#options.isBusy()) this.#deliver(Math.min(this.#size, this.#allow(), BATCH_SIZE));
      this.#schedule();
    }, INTERVAL);
    // What waits is no reason for a process to go on. A browser has numbers for timers.
    if (typeof this.#timer === 'object') this.#timer.unref();
  }

  #allow(): number {
    const now = performance.now();
    const { rate } = this.#options;
    this.#allowance = Math.min(rate, this.#allowance + ((now - this.#allowedAt) * rate) / 1_000);
    this.#allowedAt = now;
    return Math.floor(this.#allowance);
  }

  #deliver(count: number): void {
    if (count === 0) return;
    this.#allowance -= count;
    const items = Array.from({ length: count }, () => this.#take());
    const dropped = this.#dropped - this.#reported;
    this.#reported = this.#dropped;
    this.#options.deliver(items, dropped);
  }

  #take(): Item {
    const item = this.#slots[this.#head] as Item;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#size--;
    return item;
  }
}
