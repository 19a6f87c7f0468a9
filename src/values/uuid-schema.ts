import * as z from 'zod/mini';

/** Any hyphenated UUID, whatever its version and letter case, as Rust's `Uuid` takes it; read as lower case. */
export function uuidSchema() {
  return z.guid().check(z.toLowerCase());
}

const PLAIN = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** One that the schema takes as it is, told in half the time. */
export function isPlainUuid(value: unknown): boolean {
  return typeof value === 'string' && PLAIN.test(value);
}
