import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { Capacity } from '../../values/capacity.js';
import { parseWhole } from '../../values/parse-whole.js';

/** The limits of an agent's requests, the same for every kind of agent. */
export interface RequestLimits {
  /**
   * Milliseconds without a sign of life (an answer, a chunk, progress) after which a request fails; 1 to 2 147 483 647,
   * 30 000 by default. They count only while something is asked of the agent: not while a request waits for its place,
   * nor while the reader of a stream pauses.
   */
  readonly timeout?: number | undefined;
  /** Milliseconds that a request may take in all, its time in the queue among them; 1 to 2 147 483 647, by default no limit. */
  readonly maxDuration?: number | undefined;
  /** Requests in work at one time, 1 to 10 000; what the driver says by default, which is 10 000 where it says nothing. */
  readonly concurrency?: number | undefined;
  /** Requests that may wait for a place, 0 to 10 000; 1 000 by default. */
  readonly queue?: number | undefined;
}

/** The limits with their defaults. */
export interface ResolvedRequestLimits {
  readonly timeout: number;
  /** Undefined where there is no limit. */
  readonly maxDuration: number | undefined;
  /** Undefined where the driver decides. */
  readonly concurrency: number | undefined;
  readonly queue: number;
}

const MAX_QUEUE = 10_000;
const KEYS = ['timeout', 'maxDuration', 'concurrency', 'queue'] as const satisfies (keyof RequestLimits)[];

/** @throws {InvalidValueError} */
export function parseRequestLimits(given: RequestLimits = {}): ResolvedRequestLimits {
  assertKnownKeys('requests', given, KEYS);
  const { timeout = 30_000, maxDuration, concurrency, queue = 1_000 } = given;
  parseWhole('requests.timeout', 1, timeout);
  if (maxDuration !== undefined) parseWhole('requests.maxDuration', 1, maxDuration);
  if (concurrency !== undefined) parseWhole('requests.concurrency', Capacity.min, concurrency, Capacity.max);
  parseWhole('requests.queue', 0, queue, MAX_QUEUE);
  return { timeout, maxDuration, concurrency, queue };
}
