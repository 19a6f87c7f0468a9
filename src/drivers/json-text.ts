/**
 * The JSON of a value, which has the whole of it: what `JSON.stringify` would drop or alter is refused. Only a
 * property that is undefined is the same as none.
 *
 * @throws {TypeError} that names what is no JSON; what a `toJSON` throws
 */
export function jsonText(value: unknown): string {
  // Most are texts, which have nothing to look for.
  return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, assertJson);
}

function assertJson(this: unknown, key: string, value: unknown): unknown {
  if (value === undefined && key !== '' && !Array.isArray(this)) return undefined;
  const foreign = foreignToJson(value);
  if (foreign === null) return value;
  throw new TypeError(
    key === '' ? `${foreign} is no JSON` : `${JSON.stringify(key)} is ${foreign}, which is no JSON`,
  );
}

/** What a value is, where JSON has no such thing. */
function foreignToJson(value: unknown): string | null {
  switch (typeof value) {
    case 'object': {
      const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
      return ['Object', 'Array', 'Null'].includes(kind) ? null : `a ${kind}`;
    }
    case 'number':
      return Number.isFinite(value) ? null : String(value);
    case 'string':
    case 'boolean':
      return null;
    default:
      return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  }
}
