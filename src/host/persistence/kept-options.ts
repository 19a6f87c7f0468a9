import { InvalidValueError } from '../../values/invalid-value-error.js';
import { firstNotJson } from '../../util/json-check.js';

/**
 * Refuses options that a host with a memory would find otherwise when it is back. A field that is undefined is as good
 * as one that is not there.
 *
 * @throws {InvalidValueError} whose `field` is the path of the first that is no JSON
 */
export function refuseUnkept(options: unknown): void {
  const found = options === undefined ? null : firstNotJson(options, 'options');
  if (found !== null) throw new InvalidValueError(found);
}
