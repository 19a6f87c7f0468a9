import * as z from 'zod/mini';

const whole = z.int().check(z.minimum(0));

/**
 * The permission of a host to serve an agent, as the agent's object keeps it. It is kept without any clock of its own:
 * Restate's timers tell when a period is over, and a lease is lost after two whole periods in which nobody has renewed
 * it. The host takes it for lost after one, by its own clock.
 */
export const servingLeaseSchema = z.strictObject({
  generation: whole,
  /** The process of the host that may serve by it: what another says of the agent is nobody's word. */
  session: z.nullable(z.string()),
  /** Names the timer that runs for it. */
  token: whole,
  /** Milliseconds. It stays what the host was told, whatever the options of whoever serves the objects later are. */
  period: whole,
  isRenewed: z.boolean(),
  /** Whole periods without a renewal. */
  missed: whole,
});

export type ServingLease = z.output<typeof servingLeaseSchema>;

/** What has come of a lease at the end of a period. */
export type LeasePeriod = { readonly type: 'kept'; readonly lease: ServingLease } | { readonly type: 'lost' };

const PERIODS_TO_LOSE = 2;

/** A new lease begins as if it were renewed: its host is about to ask for it. */
export function grantLease({
  generation,
  session,
  token,
  period,
}: Pick<ServingLease, 'generation' | 'session' | 'token' | 'period'>): ServingLease {
  return { generation, session, token, period, isRenewed: true, missed: 0 };
}

export function endPeriod(lease: ServingLease): LeasePeriod {
  if (lease.isRenewed) return { type: 'kept', lease: { ...lease, isRenewed: false, missed: 0 } };
  const missed = lease.missed + 1;
  return missed < PERIODS_TO_LOSE ? { type: 'kept', lease: { ...lease, missed } } : { type: 'lost' };
}
