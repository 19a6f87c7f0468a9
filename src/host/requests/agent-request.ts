import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import type { RequestErrorCode } from './request-error.js';

/** The options of a request. */
export interface RequestOptions {
  /** Aborted when its caller no longer waits. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what the agent gives as a sign of life. Errors of it are caught. */
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /** The token of a request that was handed over: the agent goes on with it. */
  readonly resume?: unknown;
}

const OPTIONS = ['signal', 'onProgress', 'resume'] as const satisfies (keyof RequestOptions)[];

/** @throws {InvalidValueError} */
export function assertRequestOptions(options: RequestOptions): void {
  assertKnownKeys('options', options, OPTIONS);
  const { signal, onProgress }: { signal?: unknown; onProgress?: unknown } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InvalidValueError({ field: 'signal', expected: 'an AbortSignal', received: signal });
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidValueError({ field: 'onProgress', expected: 'a function', received: onProgress });
  }
}

/** One request of an agent, from its arrival to its one outcome, over any number of instances. */
export interface AgentRequest extends RequestOptions {
  readonly payload: unknown;
  /** The moment at which it must be over, in milliseconds; Infinity where there is none. */
  readonly deadline: number;
}

/** The end of a request. */
export interface RequestEnd {
  /** `Completed`, `Cancelled` by its caller, or why it has no answer. */
  readonly outcome: 'Completed' | 'Cancelled' | RequestErrorCode;
  /** Milliseconds from its arrival to its answer, or to the end of its stream. */
  readonly duration: number;
  /** Chunks that its reader was given. */
  readonly chunks: number;
}

/** The requests of an agent at one moment. */
export interface RequestCounts {
  /** Those that wait for a place. */
  readonly queued: number;
  /** Those in work on the instance that serves. */
  readonly pending: number;
  /** Those of them whose answer is a stream that is being read. */
  readonly streaming: number;
}
