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
    const at = row * WORDS;
    this.#words[at] = (halfAt(uuid, 0) << 16) | halfAt(uuid, 4);
    this.#words[at + 1] = (halfAt(uuid, 9) << 16) | halfAt(uuid, 14);
    this.#words[at + 2] = (halfAt(uuid, 19) << 16) | halfAt(uuid, 24);
    this.#words[at + 3] = (halfAt(uuid, 28) << 16) | halfAt(uuid, 32);
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

/** Four digits of a UUID. */
function halfAt(uuid: string, at: number): number {
  return (byteAt(uuid, at) << 8) | byteAt(uuid, at + 2);
}

function byteAt(uuid: string, at: number): number {
  return (digitAt(uuid, at) << 4) | digitAt(uuid, at + 1);
}

function digitAt(uuid: string, at: number): number {
  return DIGITS[uuid.charCodeAt(at)] as number;
}

/** By their character codes. */
const DIGITS = Uint8Array.from({ length: 2 ** 7 }, (_, code) => parseInt(String.fromCharCode(code), 16));

function hexOf(half: number): string {
  return `${BYTES[half >>> 8] as string}${BYTES[half & 0xff] as string}`;
}

const BYTES = Array.from({ length: 2 ** 8 }, (_, byte) => byte.toString(16).padStart(2, '0'));
