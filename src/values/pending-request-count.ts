import { wholeNumberType } from './whole-number-type.js';

const MAX = 10_000;
const type = wholeNumberType('PendingRequestCount', { min: 0, max: MAX });

/** Requests accepted and not yet completed: an integer from 0 to 10 000. */
export type PendingRequestCount = ReturnType<typeof type.parse>;

/** Parses and counts pending requests. */
export const PendingRequestCount = Object.assign(type, {
  zero: type.parse(0),
  max: type.parse(MAX),
  /** @throws {InvalidValueError} past 10 000. */
  increment: (count: PendingRequestCount): PendingRequestCount => counted(count + 1),
  /** Stops at 0. */
  decrement: (count: PendingRequestCount): PendingRequestCount => counted(Math.max(0, count - 1)),
  /** Whether any request is pending. */
  hasPending: (count: PendingRequestCount): boolean => count > 0,
});

/** Every request is counted twice: V8 inlines this where it is called, which it does not do with `parse`. */
function counted(count: number): PendingRequestCount {
  return Number.isInteger(count) && count >= 0 && count <= MAX
    ? (count as PendingRequestCount)
    : type.parse(count);
}
