/** Characters of a line that are kept until its end comes; a longer one is passed on in parts. */
const MAX_LINE = 8_192;
/** In UTF-16 these characters are twice as many units at most, and none of them is halved. */
const PART = /^.{1,4096}/su;

/** Makes lines of what an agent prints, which comes in pieces. */
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
      const part = partOf(this.#rest);
      this.#onLine(part);
      this.#rest = this.#rest.slice(part.length);
    }
  }

  /** Passes on what has no end of a line. */
  end(): void {
    if (this.#rest !== '') this.#pass(this.#rest);
    this.#rest = '';
  }

  #pass(line: string): void {
    let rest = line;
    do {
      const part = partOf(rest);
      this.#onLine(part);
      rest = rest.slice(part.length);
    } while (rest !== '');
  }
}

function partOf(text: string): string {
  return PART.exec(text)?.[0] ?? '';
}
