import type * as z from 'zod/mini';
import { InvalidValueError } from './invalid-value-error.js';
import type { ValueType } from './value-type.js';
import { wholeNumberType } from './whole-number-type.js';

/** A type of timeouts, with its range and its default. */
export interface MillisecondType<Timeout extends number> extends ValueType<Timeout> {
  readonly min: number;
  readonly max: number;
  readonly default: Timeout;
  /**
   * @param seconds a whole number
   * @throws {InvalidValueError} when it is not whole, or out of the type's range.
   */
  fromSeconds(this: void, seconds: number): Timeout;
  /** Whole seconds, rounded down. */
  toSeconds(this: void, timeout: Timeout): number;
}

/** A timeout: an integer number of milliseconds in a range, with a default. */
export function millisecondType<Brand extends string>(
  field: Brand,
  range: { min: number; max: number; default: number },
): MillisecondType<number & z.core.$brand<Brand>> {
  const type = wholeNumberType(field, range, ' (milliseconds)');
  return Object.assign(type, {
    min: range.min,
    max: range.max,
    default: type.parse(range.default),
    fromSeconds: (seconds: number) => {
      const result = type.safeParse(Number.isInteger(seconds) ? seconds * 1000 : undefined);
      if (result.success) return result.data;
      const inSeconds = `an integer from ${range.min / 1000} to ${range.max / 1000} (seconds)`;
      throw new InvalidValueError({ field, expected: inSeconds, received: seconds });
    },
    toSeconds: (timeout: number) => Math.floor(timeout / 1000),
  });
}
