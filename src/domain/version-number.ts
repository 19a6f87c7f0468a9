import * as z from 'zod/mini';
import { valueType } from './value-type.js';

const schema = z.int().check(z.minimum(1)).brand<'VersionNumber'>();

/** Sequential number of an agent's release: an integer from 1 to `Number.MAX_SAFE_INTEGER`. */
export type VersionNumber = z.output<typeof schema>;

const type = valueType('VersionNumber', `an integer from 1 to ${Number.MAX_SAFE_INTEGER}`, schema, {
  isPlain: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
});

export const VersionNumber = {
  ...type,
  first: type.parse(1),
  /** @throws {InvalidValueError} past `Number.MAX_SAFE_INTEGER`, where numbers would no longer be exact. */
  next: (version: VersionNumber): VersionNumber => type.parse(version + 1),
};
