export interface Caps {
  /** Of objects within objects. */
  readonly maxDepth: number;
  /** Characters of a text. */
  readonly maxLength: number;
}

const MAX_ENTRIES = 100;

/** A value as JSON of a bounded size, whatever it is. Throws only what a getter of it throws. */
export function cap(value: unknown, caps: Caps): unknown {
  switch (typeof value) {
    case 'string':
      return capText(value, caps);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : capObject(value, caps);
    default:
      return capText(String(value), { maxLength: Math.min(caps.maxLength, 60) });
  }
}

function capText(text: string, { maxLength }: Pick<Caps, 'maxLength'>): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

function capObject(value: object, caps: Caps): unknown {
  if (caps.maxDepth === 0) return '…';
  const inner = { ...caps, maxDepth: caps.maxDepth - 1 };
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((each) => cap(each, inner));
  if (value instanceof Error) return { name: cap(value.name, inner), message: cap(value.message, inner) };
  if (value instanceof Date) return String(value);
  // Its bytes would be its entries.
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(entries.map(([key, each]) => [capText(key, caps), cap(each, inner)]));
}
