import { firstNotJson } from '../../util/json-check.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import type { JsonValue } from '../../values/json-value.js';

/** What an agent is given with a request, beside its payload. */
export interface RequestCall {
  /** Aborted when nobody waits for the request any more, when its time is over, and when the agent is stopped. */
  readonly signal: AbortSignal;
  /** Aborted when the agent begins to let its requests go: at a drain, or a swap. The request may go on, or hand over. */
  readonly draining: AbortSignal;
  /** The number of the agent's instance, which only grows: for fencing elsewhere. */
  readonly generation: number;
  /** The token that an earlier instance, or the caller, handed over; undefined for a request that begins. */
  readonly resume: unknown;
  /** Gives a sign of life, so that the request does not time out. A value is passed to the caller's `onProgress`. */
  readonly progress: (value?: unknown) => void;
  /**
   * Makes what `handle`, or a generator, returns to end the request here: another instance goes on with the token.
   *
   * @throws {InvalidValueError} for a token that JSON does not carry as it is
   */
  readonly handOver: (token: JsonValue) => HandedOver;
}

const BRAND = Symbol.for('xstate-agent-lifecycle.handedOver');

/** The end of a request that another instance, or a later call, goes on with. */
export class HandedOver {
  readonly token: JsonValue;

  /** @throws {InvalidValueError} for a token that JSON does not carry as it is */
  constructor(token: JsonValue) {
    const found = firstNotJson(token, 'token');
    if (found !== null) throw new InvalidValueError(found);
    this.token = token;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Recognises also one of another copy of this package. */
export function isHandedOver(value: unknown): value is HandedOver {
  return typeof value === 'object' && value !== null && BRAND in value;
}
