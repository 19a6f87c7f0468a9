import * as z from 'zod/mini';
import { InvalidValueError } from './invalid-value-error.js';
import { once } from '../util/once.js';

/** A value that was parsed, or why it could not be. */
export type SafeParseResult<Value> =
  | { readonly success: true; readonly data: Value }
  | { readonly success: false; readonly error: InvalidValueError };

/** A branded primitive: a plain number or string at run time, so that contexts stay JSON. */
export interface ValueType<Value> {
  /** What is expected of a value, in words. */
  readonly expected: string;
  /** What a value is, for schemas of larger wholes. It is inherited: a spread leaves it out. */
  readonly schema: z.ZodMiniType<Value>;
  /** @throws {InvalidValueError} naming the field, what was expected and what came. */
  parse(this: void, value: unknown): Value;
  /** `parse` that answers instead of throwing. */
  safeParse(this: void, value: unknown): SafeParseResult<Value>;
}

export interface ValueTypeOptions {
  readonly messagePrefix?: string;
  /** Whether the schema is known to take a value as it is, where that is faster to tell than to try. */
  readonly isPlain?: (value: unknown) => boolean;
}

/** @param makeSchema called when a schema is first needed */
export function valueType<Value>(
  field: string,
  expected: string,
  makeSchema: () => z.ZodMiniType<Value>,
  options: ValueTypeOptions = {},
): ValueType<Value> {
  const schema = once(makeSchema);
  const safeParse = (value: unknown): SafeParseResult<Value> => {
    const parsed = z.safeParse(schema(), value);
    if (parsed.success) return { success: true, data: parsed.data };
    const prefix = options.messagePrefix ?? '';
    return { success: false, error: new InvalidValueError({ field, expected, received: value, prefix }) };
  };
  const parse = (value: unknown): Value => {
    if (options.isPlain?.(value) === true) return value as Value;
    const result = safeParse(value);
    if (!result.success) throw result.error;
    return result.data;
  };
  return new LazyValueType(expected, schema, parse, safeParse);
}

/** A class for the sake of its getter: an object with one of its own is a dictionary to V8, and slow. */
class LazyValueType<Value> implements ValueType<Value> {
  readonly #schema: () => z.ZodMiniType<Value>;

  constructor(
    readonly expected: string,
    schema: () => z.ZodMiniType<Value>,
    readonly parse: ValueType<Value>['parse'],
    readonly safeParse: ValueType<Value>['safeParse'],
  ) {
    this.#schema = schema;
  }

  get schema(): z.ZodMiniType<Value> {
    return this.#schema();
  }
}
