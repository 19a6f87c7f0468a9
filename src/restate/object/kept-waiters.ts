import * as z from 'zod/mini';
import { lifecycleTags } from '../wire/messages.js';

/** Whoever waits for a tag of an agent, as the agent's object keeps it. */
export const waiterSchema = z.strictObject({
  awakeable: z.string(),
  tag: z.enum(lifecycleTags),
  /** Milliseconds since 1970, by the clock of the machine that ran the wait. */
  until: z.int().check(z.minimum(0)),
});
export type Waiter = z.output<typeof waiterSchema>;

/** Each is read and written with each step of the agent. */
export const MAX_WAITERS = 1_000;
/** Milliseconds by which the clocks of those that serve the objects may differ. */
const CLOCK_SKEW = 60_000;

/** Without those whose time was over long ago: they were killed, or could not say that they wait no more. */
export function stillWaiting(waiters: readonly Waiter[], now: number): readonly Waiter[] {
  return waiters.filter(({ until }) => until + CLOCK_SKEW > now);
}
