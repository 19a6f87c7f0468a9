import * as z from 'zod/mini';
import { expectedBy } from './expected-by.js';
import { InvalidValueError } from './invalid-value-error.js';
import { once } from '../util/once.js';

/** A timer of Node's fires at once when it is asked to wait longer. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * When an agent that ends by itself is restarted, as Erlang/OTP's supervisors have it: `permanent` always,
 * `transient` when it has failed, `temporary` never. What an operator has asked for is never undone.
 */
export const restartPolicySchema = once(() => {
  const milliseconds = z.int().check(z.minimum(0), z.maximum(MAX_DELAY));
  return z.strictObject({
    type: z._default(z.enum(['permanent', 'transient', 'temporary']), 'temporary'),
    /** How long it waits: `initial` × `factor` for each restart before this one, `max` at most. */
    backoff: z.prefault(
      z.strictObject({
        /** Milliseconds. */
        initial: z._default(milliseconds, 500),
        factor: z._default(z.number().check(z.minimum(1), z.maximum(10)), 2),
        /** Milliseconds. */
        max: z._default(milliseconds, 30_000),
        /** The part of the delay, from 0 to 1, that is left to chance, so that agents do not restart all at once. */
        jitter: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.5),
      }),
      {},
    ),
    /** More than so many `restarts` in `within` milliseconds of running, and the supervisor gives up. */
    intensity: z.prefault(
      z.strictObject({
        restarts: z._default(z.int().check(z.minimum(0), z.maximum(1_000)), 5),
        within: z._default(milliseconds.check(z.minimum(1)), 60_000),
      }),
      {},
    ),
  });
});

/** When an agent is restarted, with its defaults. */
export type RestartPolicy = z.output<ReturnType<typeof restartPolicySchema>>;
/** When an agent is restarted, as it may be written. */
export type RestartPolicyInput = z.input<ReturnType<typeof restartPolicySchema>>;

/** @throws {InvalidValueError} whose `field` is the path of the first bad field */
export function parseRestartPolicy(value: unknown = {}): RestartPolicy {
  const parsed = z.safeParse(restartPolicySchema(), value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [z.core.$ZodIssue];
  const field = ['restart', ...issue.path].join('.');
  throw new InvalidValueError({ field, expected: expectedBy(issue), received: issue.input });
}

/** The end of one instance of an agent that was to run. */
export interface InstanceEnd {
  readonly generation: number;
  /** Null when it has ended with success. */
  readonly reason: string | null;
  /** Milliseconds that it had been running. */
  readonly upFor: number;
}

/** What is done when an instance has ended. */
export type RestartDecision =
  /** `delay`: milliseconds. */
  { readonly type: 'restart'; readonly delay: number } | { readonly type: 'giveUp' };

/** The ends that still count: those that lie within the policy's time of running before the last. */
export function recentEnds(
  { intensity }: RestartPolicy,
  ends: readonly InstanceEnd[],
): readonly InstanceEnd[] {
  const upSince = (index: number) => ends.slice(index + 1).reduce((sum, { upFor }) => sum + upFor, 0);
  return ends.filter((_, index) => upSince(index) < intensity.within);
}

/**
 * Whether, and when, an agent is restarted, as one decision: the ends that make it wait longer are those that make
 * it give up, and the time in which it waits counts for neither. A long backoff cannot hide that it ends too often.
 *
 * @param ends those that still count, the one to decide on among them
 * @param random from 0 to 1
 */
export function decideRestart(
  { backoff, intensity }: RestartPolicy,
  ends: readonly InstanceEnd[],
  random: number,
): RestartDecision {
  if (ends.length > intensity.restarts) return { type: 'giveUp' };
  const full = Math.min(backoff.max, backoff.initial * backoff.factor ** (ends.length - 1));
  return { type: 'restart', delay: Math.round(full * (1 - backoff.jitter * random)) };
}
