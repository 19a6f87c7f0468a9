import { expect, it, jest } from '@jest/globals';
import { once } from '../../src/util/once.js';

it('makes nothing before it is asked', () => {
  const make = jest.fn(() => 1);
  once(make);
  expect(make).not.toHaveBeenCalled();
});

it.each([1, null, undefined])('makes %s once, however often it is asked', (value) => {
  const make = jest.fn(() => value);
  const made = once(make);
  expect([made(), made()]).toEqual([value, value]);
  expect(make).toHaveBeenCalledTimes(1);
});
