import { expect, it } from '@jest/globals';
import { truncate } from '../../src/inspect/truncate.js';

const CAPS = { maxDepth: 6, maxLength: 10 };

it('a value that lies in itself is cut where it does', () => {
  const value: Record<string, unknown> = { name: 'loop' };
  value['self'] = value;
  expect(truncate(value, CAPS)).toEqual({ name: 'loop', self: '…' });
});

it('a value that is told twice, side by side, is told twice', () => {
  const shared = { a: 1 };
  expect(truncate([shared, shared], CAPS)).toEqual([{ a: 1 }, { a: 1 }]);
});

it('values that all refer to each other are told of up to a thousand', () => {
  const values: Record<string, unknown>[] = Array.from({ length: 20 }, () => ({}));
  for (const value of values) values.forEach((other, index) => (value[`to${index}`] = other));
  expect(JSON.stringify(truncate(values, CAPS)).length).toBeLessThan(20_000);
});
