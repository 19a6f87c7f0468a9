import * as z from 'zod/mini';
import { valueType } from './value-type.js';

const MAX = 10_000;
const schema = z
  .int()
  .check(
    z.minimum(0),
    z.maximum(MAX),
    // -0 counts as 0 does.
    z.overwrite((count) => count + 0),
  )
  .brand<'PendingRequestCount'>();

/** Requests accepted and not yet completed: an integer from 0 to 10 000. */
export type PendingRequestCount = z.output<typeof schema>;

const type = valueType('PendingRequestCount', `an integer from 0 to ${MAX}`, schema);

export const PendingRequestCount = {
  ...type,
  zero: type.parse(0),
  max: type.parse(MAX),
  /** @throws {InvalidValueError} past 10 000. */
  increment: (count: PendingRequestCount): PendingRequestCount => counted(count + 1),
  /** Stops at 0. */
  decrement: (count: PendingRequestCount): PendingRequestCount => counted(Math.max(0, count - 1)),
  hasPending: (count: PendingRequestCount): boolean => count > 0,
};

/** Every request is counted twice: what is plainly a count needs no schema. */
function counted(count: number): PendingRequestCount {
  return Number.isInteger(count) && count >= 0 && count <= MAX
    ? (count as PendingRequestCount)
    : type.parse(count);
}
