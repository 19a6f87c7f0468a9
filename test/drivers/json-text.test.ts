import { describe, expect, it } from '@jest/globals';
import { jsonText } from '../../src/drivers/json-text.js';

describe('jsonText', () => {
  it.each([
    ['a text', 'grüß "dich"'],
    ['an object', { a: [1, null, 'two', true, { b: {} }] }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['nothing', null],
  ])('is the JSON of %s', (_, value) => {
    expect(jsonText(value)).toBe(JSON.stringify(value));
  });

  it('takes what an undefined property says for nothing, and what `toJSON` says for the value', () => {
    expect(jsonText({ a: undefined, b: new Date(0) })).toBe('{"b":"1970-01-01T00:00:00.000Z"}');
  });

  it.each<[string, unknown]>([
    ['undefined is no JSON', undefined],
    ['a function is no JSON', () => 1],
    ['a bigint is no JSON', 1n],
    ['"a" is a bigint, which is no JSON', { a: 1n }],
    ['"a" is a function, which is no JSON', { a: () => 1 }],
    ['"1" is undefined, which is no JSON', [1, undefined]],
    ['"a" is NaN, which is no JSON', { a: NaN }],
    ['"a" is -Infinity, which is no JSON', { a: -Infinity }],
    ['"a" is a Map, which is no JSON', { a: new Map([[1, 2]]) }],
    ['"a" is a Set, which is no JSON', { a: new Set([1]) }],
    ['"a" is a Error, which is no JSON', { a: new Error('lost') }],
    ['"a" is a Uint8Array, which is no JSON', { a: Uint8Array.of(1) }],
  ])('refuses what it would drop or alter: %s', (message, value) => {
    expect(() => jsonText(value)).toThrow(new TypeError(message));
  });

  it('refuses a circle', () => {
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    expect(() => jsonText(circle)).toThrow('circular');
  });
});
