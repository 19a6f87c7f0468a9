import { PendingRequestCount } from './pending-request-count.js';
import { wholeNumberType } from './whole-number-type.js';

const type = wholeNumberType('Capacity', { min: 1, max: PendingRequestCount.max });

/** How many requests may be pending at once: an integer from 1 to 10 000. */
export type Capacity = ReturnType<typeof type.parse>;

/** Parses capacities. */
export const Capacity = Object.assign(type, {
  /** 10 000. */
  default: type.parse(PendingRequestCount.max),
  /** 1. */
  min: type.parse(1),
  /** 10 000. */
  max: type.parse(PendingRequestCount.max),
});
