import { InvalidValueError } from './invalid-value-error.js';

/**
 * Refuses a field that would be without effect: it may be a misspelt one, as a `token` that leaves a server open.
 *
 * @param what the object is, for the error where it is none
 * @throws {InvalidValueError} whose `field` is the first unknown one
 */
export function assertKnownKeys(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidValueError({ field: what, expected: 'an object', received: given });
  }
  const field = Object.keys(given).find((key) => !known.includes(key));
  if (field === undefined) return;
  throw new InvalidValueError({ field, expected: `no field besides ${known.join(', ')}`, received: field });
}
