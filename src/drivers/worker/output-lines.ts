/** Characters of a line that are kept until its end comes; a longer one is passed on in parts. */
const MAX_LINE = 8_192;

/** Makes lines of what comes in pieces. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#pass(line);
    while (this.#rest.length > MAX_LINE) {
      this.#onLine(this.#rest.slice(0, MAX_LINE));
      this.#rest = this.#rest.slice(MAX_LINE);
    }
  }

  /** Passes on what has no end of a line. */
  end(): void {
    if (this.#rest !== '') this.#pass(this.#rest);
    this.#rest = '';
  }

  #pass(line: string): void {
    for (let from = 0; from === 0 || from < line.length; from += MAX_LINE) {
      this.#onLine(line.slice(from, from + MAX_LINE));
    }
  }
}
