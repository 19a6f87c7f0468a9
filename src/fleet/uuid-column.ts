const WORDS = 4;

/** UUIDs in lower case, in 16 bytes each. */
export class UuidColumn {
  #words = new Uint32Array(0);

  grow(capacity: number): void {
    const words = new Uint32Array(capacity * WORDS);
    words.set(this.#words);
    this.#words = words;
  }

  write(row: number, uuid: string): void {
    let word = 0;
    let digits = 0;
    let at = row * WORDS;
    for (let index = 0; index < uuid.length; index++) {
      const code = uuid.charCodeAt(index);
      if (code === HYPHEN) continue;
      word = (word << 4) | (code > NINE ? code - TEN : code - ZERO);
      if (++digits % 8 === 0) this.#words[at++] = word;
    }
  }

  read(row: number): string {
    const at = row * WORDS;
    return `${this.#hex(at)}${this.#hex(at + 1, '-', '-')}-${this.#hex(at + 2, '', '-')}${this.#hex(at + 3)}`;
  }

  /** A word, with something before it and something in its middle. */
  #hex(at: number, before = '', within = ''): string {
    const word = this.#words[at] as number;
    return `${before}${hexOf(word >>> 16)}${within}${hexOf(word & 0xffff)}`;
  }
}

const HYPHEN = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
const NINE = '9'.charCodeAt(0);
const TEN = 'a'.charCodeAt(0) - 10;

function hexOf(half: number): string {
  return `${BYTES[half >>> 8] as string}${BYTES[half & 0xff] as string}`;
}

const BYTES = Array.from({ length: 2 ** 8 }, (_, byte) => byte.toString(16).padStart(2, '0'));
