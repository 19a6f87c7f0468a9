import { WasmDriverError } from './wasm-driver-error.js';

/** Requests that follow one another. One that is given up while it waits leaves at once, with what it holds. */
export class RequestQueue {
  readonly #maxBytes: number;
  readonly #waiting = new Set<() => void>();
  #bytes = 0;
  #isBusy = false;

  /** @param maxBytes of all requests that wait */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Does some work when its turn comes.
   *
   * @param bytes that are held until then
   * @throws {WasmDriverError} `QueueFull`; the reason of `signal` when that is aborted before; and what the work throws
   */
  async run<Value>(bytes: number, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    if (this.#isBusy) await this.#turn(bytes, signal);
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#callNext();
    }
  }

  async #turn(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new WasmDriverError(
        'QueueFull',
        `${this.#bytes} bytes are waiting, ${this.#maxBytes} are allowed with the ${bytes} of this one`,
      );
    }
    this.#bytes += bytes;
    let onAbort = () => undefined as unknown;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.add(resolve);
        onAbort = () => {
          this.#waiting.delete(resolve);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', onAbort, { once: true });
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#bytes -= bytes;
    }
  }

  #callNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#isBusy = false;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
