export interface TruncateLimits {
  /** Of objects within objects. */
  readonly maxDepth: number;
  /** Characters of a text. */
  readonly maxLength: number;
}

const MAX_ENTRIES = 100;
/** Values within one value, however they are nested. */
const MAX_VALUES = 1_000;
const CUT = '…';

/** A value as JSON of a bounded size, whatever it is. Throws only what a getter of it throws. */
export function truncate(value: unknown, limits: TruncateLimits): unknown {
  return new Truncator(limits).cap(value, limits.maxDepth);
}

class Truncator {
  readonly #maxLength: number;
  /** The objects that the present one lies in. */
  readonly #path = new Set<object>();
  #left = MAX_VALUES;

  constructor({ maxLength }: TruncateLimits) {
    this.#maxLength = maxLength;
  }

  cap(value: unknown, depth: number): unknown {
    if (this.#left-- <= 0) return CUT;
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        return value === null ? null : this.#object(value, depth);
      default:
        return cutAt(String(value), Math.min(this.#maxLength, 60));
    }
  }

  #text(text: string): string {
    return cutAt(text, this.#maxLength);
  }

  #object(value: object, depth: number): unknown {
    if (depth === 0 || this.#path.has(value)) return CUT;
    this.#path.add(value);
    try {
      return this.#entries(value, depth - 1);
    } finally {
      this.#path.delete(value);
    }
  }

  #entries(value: object, depth: number): unknown {
    if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((each) => this.cap(each, depth));
    if (value instanceof Error) {
      return { name: this.cap(value.name, depth), message: this.cap(value.message, depth) };
    }
    if (value instanceof Date) return String(value);
    // Its bytes would be its entries.
    if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
    const keys = Object.keys(value).slice(0, MAX_ENTRIES);
    const fields = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(keys.map((key) => [this.#text(key), this.cap(fields[key], depth)]));
  }
}

function cutAt(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}${CUT}`;
}
