import { InvalidValueError } from '../domain/invalid-value-error.js';

/**
 * Refuses options that a host with a memory would find otherwise when it is back. A field that is undefined is as good
 * as one that is not there.
 *
 * @throws {InvalidValueError} whose `field` is the path of the first that is no JSON
 */
export function refuseUnkept(options: unknown): void {
  const found = firstUnkept(options, 'options', []);
  if (found !== null) throw new InvalidValueError({ ...found, expected: 'JSON' });
}

interface Found {
  readonly field: string;
  readonly received: unknown;
}

function firstUnkept(value: unknown, field: string, within: readonly object[]): Found | null {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') {
    return null;
  }
  if (Number.isFinite(value)) return null;
  if (typeof value !== 'object' || within.includes(value) || !(Array.isArray(value) || isPlain(value))) {
    return { field, received: value };
  }
  const around = [...within, value];
  for (const [key, each] of Object.entries(value)) {
    const found = firstUnkept(each, `${field}.${key}`, around);
    if (found !== null) return found;
  }
  return null;
}

/** Of this realm or another. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
