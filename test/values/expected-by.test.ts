import { describe, expect, it } from '@jest/globals';
import * as z from 'zod/mini';
import { expectedBy } from '../../src/values/expected-by.js';

describe('what a schema expected', () => {
  const never = z.string().check(z.refine(() => false));
  it.each<[string, z.ZodMiniType, unknown]>([
    ['an object', z.object({}), 1],
    ['a value of type string', z.string(), 1],
    ['one of a, b', z.enum(['a', 'b']), 'c'],
    ['a guid', z.guid(), 'x'],
    ['2 at least', z.int().check(z.minimum(2)), 1],
    ['2 at most', z.int().check(z.maximum(2)), 3],
    ['no field a, b', z.strictObject({}), { a: 1, b: 2 }],
    ['a value of another kind', never, 'x'],
  ])('is said as: %s', (words, schema, value) => {
    expect(schema.safeParse(value).error?.issues.map(expectedBy)).toEqual([words]);
  });
});
