import * as z from 'zod/mini';
import { InvalidValueError } from '../../values/invalid-value-error.js';

/** How the objects of agents behave. */
export interface LifecycleObjectsOptions {
  /**
   * Milliseconds, 500 to 600 000, for which a host may serve an agent without hearing from its object; 10 000 by
   * default. A host that is lost is found to be so after two to three of it. Hosts ask three times in it.
   */
  readonly leasePeriod?: number | undefined;
  /** How many entries the journal of each agent keeps: 1 to 1 000; 50 by default. It is read at each step. */
  readonly journalCapacity?: number | undefined;
  /**
   * Milliseconds, 100 to 60 000, for which a step waits for its host to count its requests; 2 000 by default. Nothing
   * else happens to the agent meanwhile.
   */
  readonly countTimeout?: number | undefined;
  /**
   * Milliseconds for which the answer to an idempotency key is kept: 0 to 2³¹−1; a day by default. The same key acts
   * again after that.
   */
  readonly idempotencyRetention?: number | undefined;
  /**
   * Milliseconds for which Restate shows what each call did, once it is over: 0 to 2³¹−1; 0 by default. It is much more
   * than all else that is kept.
   */
  readonly journalRetention?: number | undefined;
}

export type ObjectOptions = Required<{
  [Key in keyof LifecycleObjectsOptions]: NonNullable<LifecycleObjectsOptions[Key]>;
}> & {
  /** The milliseconds to wait for a delay of the lifecycle. Restate's timers are real: tests shorten them. */
  readonly delayOf: DelayOf;
};

export type DelayOf = (milliseconds: number, agent: string) => number;

const MAX = 2 ** 31 - 1;

/** @throws {InvalidValueError} */
export function parseObjectOptions(given: LifecycleObjectsOptions, delayOf: DelayOf): ObjectOptions {
  return {
    leasePeriod: wholeIn('leasePeriod', 500, 600_000, given.leasePeriod ?? 10_000),
    journalCapacity: wholeIn('journalCapacity', 1, 1_000, given.journalCapacity ?? 50),
    countTimeout: wholeIn('countTimeout', 100, 60_000, given.countTimeout ?? 2_000),
    idempotencyRetention: wholeIn('idempotencyRetention', 0, MAX, given.idempotencyRetention ?? 86_400_000),
    journalRetention: wholeIn('journalRetention', 0, MAX, given.journalRetention ?? 0),
    delayOf,
  };
}

function wholeIn(field: string, min: number, max: number, value: number): number {
  if (z.safeParse(z.int().check(z.minimum(min), z.maximum(max)), value).success) return value;
  throw new InvalidValueError({ field, expected: `an integer from ${min} to ${max}`, received: value });
}
