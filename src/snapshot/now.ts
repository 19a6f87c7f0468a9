import { InvalidValueError } from '../values/invalid-value-error.js';

/** What is written down last may be read by another process: milliseconds since 1970. */
export type Now = () => number;

/** @throws {InvalidValueError} */
export function assertNow(now: unknown): void {
  if (typeof now === 'function') return;
  const expected = 'a function that tells the milliseconds since 1970';
  throw new InvalidValueError({ field: 'now', expected, received: now });
}
