import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { ownBytes, sizeOfClone } from '../../../src/drivers/worker/structured-clone.js';

describe('the size of a clone', () => {
  const circle: Record<string, unknown> = { name: 'round' };
  circle['self'] = circle;
  const many = Array.from({ length: 2_000 }, () => ['x']);

  it.each<[string, unknown, number]>([
    ['nothing', undefined, 16],
    ['a number', 5, 16],
    ['a text', 'four', 24],
    ['bytes', new Uint8Array(1_000), 1_032],
    ['bytes in a larger buffer', new Uint8Array(1_000).subarray(10), 1_032],
    ['an object', { ab: 'four', c: 1 }, 16 + 4 + 24 + 2 + 16],
    ['an array', ['four', [1]], 16 + 24 + 16 + 16],
    ['an array with a hole', [1, , 2], 16 + 32], // eslint-disable-line no-sparse-arrays
    ['a map', new Map([['four', new Set([1])]]), 16 + 24 + 16 + 16],
    ['a date', new Date(), 16],
    ['an object of another realm', runInNewContext('({ c: 1 })'), 16 + 2 + 16],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { c: 1 }), 16 + 2 + 16],
    ['two thousand objects', many, 16 + 2_000 * (16 + 18)],
    ['two thousand times the same object', Array(2_000).fill(many[0]), 16 + 16 + 18],
    ['a blob', new Blob(['hello']), 16],
  ])('is roughly that of its parts: %s', (_, value, size) => {
    expect(sizeOfClone(value)).toBe(size);
  });

  it('is there for what goes in a circle', () => {
    expect(sizeOfClone(circle)).toBe(16 + 8 + 26 + 8);
  });
});

describe('bytes of their own', () => {
  it('have no others around them', () => {
    const bytes = ownBytes(Buffer.from('hello')) as Uint8Array;
    expect([bytes, bytes.buffer.byteLength]).toEqual([new TextEncoder().encode('hello'), 5]);
  });

  it('are the same where there are none around them', () => {
    const bytes = new Uint8Array(5);
    expect([ownBytes(bytes) === bytes, ownBytes('text')]).toEqual([true, 'text']);
  });
});
