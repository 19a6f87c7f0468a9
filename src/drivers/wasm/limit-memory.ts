import { WasmDriverError } from './wasm-driver-error.js';

const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 0x01;

/**
 * The module with the maximum of each of its memories set, or lowered, to `maxPages` (64 KiB each). Neither Extism
 * nor Node bounds the memory of a module by anything but what the module itself declares.
 *
 * @throws {WasmDriverError} `MemoryOverLimit` when a memory's minimum is over the limit, `ModuleInvalid` when the
 *   bytes do not have the sections of a module
 */
export function limitMemory(module: Uint8Array, maxPages: number): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module);
  const chunks = [reader.take(HEADER_BYTES)];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const content = reader.take(reader.unsigned());
    const limited = id === MEMORY_SECTION ? limitSection(content, maxPages) : content;
    chunks.push(Uint8Array.of(id), unsigned(limited.length), limited);
  }
  return concatenate(chunks);
}

function limitSection(section: Uint8Array, maxPages: number): Uint8Array {
  const reader = new Reader(section);
  const count = reader.unsigned();
  const chunks = [unsigned(count)];
  for (let index = 0; index < count; index++) {
    const flags = reader.unsigned();
    const minimum = reader.unsigned();
    const maximum = flags & HAS_MAXIMUM ? reader.unsigned() : maxPages;
    if (minimum > maxPages) {
      throw new WasmDriverError(
        'MemoryOverLimit',
        `it begins with ${minimum} pages, ${maxPages} are allowed`,
      );
    }
    chunks.push(unsigned(flags | HAS_MAXIMUM), unsigned(minimum), unsigned(Math.min(maximum, maxPages)));
  }
  return concatenate(chunks);
}

/** Reads the binary format, in which lengths and limits are LEB128 numbers of at most 32 bits. */
class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#position, this.#position + length);
    if (taken.length < length)
      throw new WasmDriverError('ModuleInvalid', 'it ends in the middle of a section');
    this.#position += length;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  unsigned(): number {
    let value = 0;
    for (let place = 1; place <= 2 ** 28; place *= 2 ** 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
    }
    throw new WasmDriverError('ModuleInvalid', 'it has a number of more than 32 bits');
  }
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}
