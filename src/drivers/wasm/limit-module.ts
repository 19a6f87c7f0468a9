import { WasmDriverError } from './wasm-driver-error.js';

const HEADER_BYTES = 8;
const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;
const CODE_SECTION = 10;
const HAS_MAXIMUM = 0x01;
/** Begins a table that is given its elements where it is declared. */
const INITIALIZED_TABLE = 0x40;

export interface ModuleLimits {
  /** Pages of linear memory, 64 KiB each, of all memories together. */
  readonly maxPages: number;
  /** Elements of all tables together, which lie outside the memory. */
  readonly maxTableElements: number;
  /** Bytes of each function: what its blocks cost the compiler is bounded by nothing else. */
  readonly maxFunctionSize: number;
}

/**
 * The module with the maximum of each of its memories and tables set, or lowered, to what they are allowed. Neither
 * Extism nor Node bounds them by anything but what the module itself declares; a table that is too large for the
 * heap of its worker would end the whole process.
 *
 * @throws {WasmDriverError} `MemoryOverLimit` when a minimum is over the limit, `ModuleTooLarge` when a function is,
 *   `ModuleInvalid` when the bytes do not have the sections of a module
 */
export function limitModule(
  module: Uint8Array,
  { maxPages, maxTableElements, maxFunctionSize }: ModuleLimits,
): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module);
  const chunks = [reader.take(HEADER_BYTES)];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const content = reader.take(reader.unsigned());
    if (id === CODE_SECTION) assertFunctionsWithin(content, maxFunctionSize);
    const limited =
      id === MEMORY_SECTION
        ? limitEach(content, maxPages, 'pages of memory', () => [])
        : id === TABLE_SECTION
          ? limitEach(content, maxTableElements, 'elements of a table', readElementType)
          : content;
    chunks.push(Uint8Array.of(id), unsigned(limited.length), limited);
  }
  return concatenate(chunks);
}

/** @param readPrefix reads what stands before the limits of each entry, which is kept */
function limitEach(
  section: Uint8Array,
  limit: number,
  what: string,
  readPrefix: (reader: Reader) => Uint8Array[] | [],
): Uint8Array {
  const reader = new Reader(section);
  const count = reader.unsigned();
  const share = Math.floor(limit / Math.max(1, count));
  const chunks = [unsigned(count)];
  for (let index = 0; index < count; index++) {
    const prefix = readPrefix(reader);
    const flags = reader.unsigned();
    const minimum = reader.unsigned();
    const maximum = flags & HAS_MAXIMUM ? reader.unsigned() : share;
    if (minimum > share) {
      throw new WasmDriverError('MemoryOverLimit', `it begins with ${minimum} ${what}, ${share} are allowed`);
    }
    chunks.push(
      ...prefix,
      unsigned(flags | HAS_MAXIMUM),
      unsigned(minimum),
      unsigned(Math.min(maximum, share)),
    );
  }
  return concatenate(chunks);
}

function assertFunctionsWithin(section: Uint8Array, maxBytes: number): void {
  const reader = new Reader(section);
  const count = reader.unsigned();
  for (let index = 0; index < count; index++) {
    const { length } = reader.take(reader.unsigned());
    if (length > maxBytes) {
      throw new WasmDriverError(
        'ModuleTooLarge',
        `it has a function of ${length} bytes, ${maxBytes} are allowed (maxFunctionSize)`,
      );
    }
  }
}

function readElementType(reader: Reader): Uint8Array[] {
  const type = reader.take(1);
  if (type[0] === INITIALIZED_TABLE) {
    throw new WasmDriverError(
      'ModuleInvalid',
      'it has a table whose elements are given where it is declared',
    );
  }
  return [type];
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
