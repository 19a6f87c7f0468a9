import { wholeNumberType } from './whole-number-type.js';

const type = wholeNumberType('VersionNumber', { min: 1, max: Number.MAX_SAFE_INTEGER });

/** Sequential number of an agent's release: an integer from 1 to `Number.MAX_SAFE_INTEGER`. */
export type VersionNumber = ReturnType<typeof type.parse>;

/** Parses and counts version numbers. */
export const VersionNumber = Object.assign(type, {
  first: type.parse(1),
  /** @throws {InvalidValueError} past `Number.MAX_SAFE_INTEGER`, where numbers would no longer be exact. */
  next: (version: VersionNumber): VersionNumber => type.parse(version + 1),
});
