import type { Json } from '../host/persistence/snapshot-store.js';

/** A value as it will be read once it is written: what is no JSON is lost now, not then. */
export function jsonCopy(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
