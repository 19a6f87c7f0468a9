/** Keeps the end of a stream of bytes, which may be endless. */
export class Tail {
  readonly #limit: number;
  #bytes: Buffer = Buffer.alloc(0);

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  append(data: Buffer): void {
    const whole = Buffer.concat([this.#bytes, data]);
    this.#bytes = whole.subarray(Math.max(0, whole.length - this.#limit));
  }

  /** What was kept, as text; it may begin in the middle of a character. */
  get text(): string {
    return this.#bytes.toString('utf8');
  }
}
