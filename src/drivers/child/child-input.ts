import type { Writable } from 'node:stream';
import { ChildGroupError } from './child-group-error.js';

/**
 * The lines for a child's stdin. While the child does not read, they wait here and can be taken back; Node itself is
 * given one line more than it can pass on, at most.
 */
export class ChildInput {
  readonly #stream: Writable;
  readonly #limit: number;
  readonly #waiting = new Map<unknown, { readonly line: string; readonly bytes: number }>();
  /** Of all that waits. */
  #bytes = 0;
  #isEnding = false;

  /** @param limit bytes that may wait; a line that waits alone may be longer */
  constructor(stream: Writable, limit: number) {
    this.#stream = stream;
    this.#limit = limit;
    stream.on('drain', () => {
      this.#flush();
    });
    stream.once('close', () => {
      this.#waiting.clear();
      this.#bytes = 0;
    });
  }

  /**
   * Writes a line, now or when those before it are written; without effect on a child that takes no more input.
   *
   * @param key by which it can be withdrawn
   * @throws {ChildGroupError} `StdinFull`
   */
  send(key: unknown, line: string): void {
    const unread = this.#stream.writableLength + this.#bytes;
    const bytes = Buffer.byteLength(line);
    if (unread > 0 && unread + bytes > this.#limit) {
      throw new ChildGroupError('StdinFull', `${unread} bytes wait for it, ${this.#limit} may`);
    }
    this.#put(key, line, bytes);
  }

  /** Writes a short line, without a limit: such lines are few. */
  notify(line: string): void {
    this.#put(Symbol('line'), line, Buffer.byteLength(line));
  }

  /** Whether a line is not yet written. */
  isWaiting(key: unknown): boolean {
    return this.#waiting.has(key);
  }

  /** Takes back a line that is not yet written. Answers whether it was. */
  withdraw(key: unknown): boolean {
    this.#bytes -= this.#waiting.get(key)?.bytes ?? 0;
    return this.#waiting.delete(key);
  }

  /** Ends the stream after what waits is written. */
  end(): void {
    this.#isEnding = true;
    this.#flush();
  }

  #put(key: unknown, line: string, bytes: number): void {
    if (!this.#stream.writable || this.#isEnding) return;
    this.#waiting.set(key, { line, bytes });
    this.#bytes += bytes;
    this.#flush();
  }

  #flush(): void {
    for (const [key, { line }] of this.#waiting) {
      if (this.#stream.writableNeedDrain) return;
      this.withdraw(key);
      this.#stream.write(line);
    }
    if (this.#isEnding) this.#stream.end();
  }
}
