import { InvalidValueError } from './invalid-value-error.js';
import type { ValueType } from './value-type.js';

type Parse<Value> = Pick<ValueType<Value>, 'safeParse'>;
type Fields<Shape> = { readonly [Key in keyof Shape]: Parse<Shape[Key]> };

/**
 * Reads a JSON object that must have exactly these fields: nothing missing, nothing more, nothing guessed.
 *
 * @throws {InvalidValueError} whose `field` is the path of the bad field.
 */
export function parseRecord<Shape extends object>(
  name: string,
  fields: Fields<Shape>,
  value: unknown,
): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidValueError({ field: name, expected: 'an object', received: value });
  }
  const unknownKey = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
  if (unknownKey !== undefined) {
    const expected = `no field besides ${Object.keys(fields).join(', ')}`;
    throw new InvalidValueError({ field: unknownKey, expected, received: unknownKey });
  }
  const parsed = Object.entries<Parse<unknown>>(fields).map(([key, type]) => {
    const received: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    const result = type.safeParse(received);
    if (result.success) return [key, result.data];
    throw new InvalidValueError({ field: key, expected: result.error.expected, received });
  });
  return Object.fromEntries(parsed) as Shape;
}

/** A field that may be `null`, as serde writes `None`. */
export function nullable<Value>(type: Parse<Value>): Parse<Value | null> {
  return {
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
