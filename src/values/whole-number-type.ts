import * as z from 'zod/mini';
import { valueType, type ValueType } from './value-type.js';

/** Whole numbers in a range, its ends included. */
export function wholeNumberType<Brand extends string>(
  field: Brand,
  { min, max }: { readonly min: number; readonly max: number },
  unit = '',
): ValueType<number & z.core.$brand<Brand>> {
  const schema = () =>
    z.int().check(
      z.minimum(min),
      z.maximum(max),
      // -0 counts as 0 does.
      z.overwrite((value) => value + 0),
    );
  const isPlain = (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max && !Object.is(value, -0);
  const expected = `an integer from ${min} to ${max}${unit}`;
  return valueType(field, expected, schema, { isPlain }) as ValueType<number & z.core.$brand<Brand>>;
}
