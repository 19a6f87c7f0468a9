import { InvalidValueError } from './invalid-value-error.js';

/** A timer of Node's fires at once when it is asked to wait longer. */
const MAX_DELAY = 2 ** 31 - 1;

/** @throws {InvalidValueError} for what is no integer, or out of range */
export function parseWhole(field: string, min: number, value: number, max = MAX_DELAY): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new InvalidValueError({ field, expected: `an integer from ${min} to ${max}`, received: value });
}
