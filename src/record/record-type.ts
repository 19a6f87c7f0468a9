import { InvalidValueError } from '../values/invalid-value-error.js';
import { assertKnownKeys } from '../values/assert-known-keys.js';
import type { ValueType } from '../values/value-type.js';

/** A field of a record, read from JSON and written as JSON. */
export interface RecordField<Value> extends Pick<ValueType<Value>, 'safeParse'> {
  /** How the value is written; as it is, by default. */
  readonly toJSON?: (value: Value) => unknown;
}

export interface RecordType<Shape, JSON> {
  /** @throws {InvalidValueError} whose `field` is the path of the bad field. Nothing is guessed. */
  fromJSON(this: void, value: unknown): Shape;
  toJSON(this: void, record: Shape): JSON;
}

/**
 * A record as serde writes it: a JSON object of exactly these fields, in this order, by names in snake_case. Nothing is
 * missing, nothing more.
 */
export function recordType<Shape extends object, JSON extends object>(
  name: string,
  fields: { readonly [Key in keyof Shape]: RecordField<Shape[Key]> },
): RecordType<Shape, JSON> {
  const entries = Object.entries<RecordField<unknown>>(fields as never).map(
    ([key, field]) => [key, snakeCase(key), field] as const,
  );
  const names = entries.map(([, nameInJSON]) => nameInJSON);
  return {
    fromJSON: (value) => {
      assertKnownKeys(name, value, names);
      const given = value as Record<string, unknown>;
      const parsed = entries.map(([key, nameInJSON, field]) => {
        const received = Object.hasOwn(given, nameInJSON) ? given[nameInJSON] : undefined;
        const result = field.safeParse(received);
        if (result.success) return [key, result.data];
        throw new InvalidValueError({ field: nameInJSON, expected: result.error.expected, received });
      });
      return Object.fromEntries(parsed) as Shape;
    },
    toJSON: (record) => {
      const values = record as Record<string, unknown>;
      const written: Record<string, unknown> = {};
      for (const [key, nameInJSON, { toJSON }] of entries) {
        written[nameInJSON] = toJSON === undefined ? values[key] : toJSON(values[key]);
      }
      return written as JSON;
    },
  };
}

/** A field that may be `null`, as serde writes `None`. */
export function nullable<Value>(type: RecordField<Value>): RecordField<Value | null> {
  const { toJSON } = type;
  return {
    ...(toJSON !== undefined && { toJSON: (value) => (value === null ? null : toJSON(value)) }),
    safeParse: (value) => {
      if (value === null) return { success: true, data: null };
      const result = type.safeParse(value);
      if (result.success) return result;
      const { field, expected } = result.error;
      const error = new InvalidValueError({ field, expected: `${expected}, or null`, received: value });
      return { success: false, error };
    },
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
