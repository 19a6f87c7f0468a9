import { callSafely } from '../../util/listeners.js';
import { microtask } from '../../util/microtask.js';
import type { AgentDriver } from '../agent-driver.js';
import type { AgentRequest } from './agent-request.js';
import type { OpenLease } from './lease-table.js';
import { streamOf } from './answer-stream.js';
import { HandedOver, isHandedOver, type RequestCall } from './request-call.js';
import { requestFailed } from './request-error.js';

/** One request in work on one instance. */
export interface RequestWork {
  readonly agent: string;
  readonly generation: number;
  readonly driver: AgentDriver;
  readonly request: AgentRequest;
  /** Held until the work has ended: that nobody waits for it does not end it. */
  readonly lease: OpenLease;
  readonly now: () => number;
  /** Called with what the caller's `onProgress` throws. */
  readonly onError: (error: unknown) => void;
}

/**
 * Has a driver answer a request: resolves to its value, to a `HandedOver`, or to an `AnswerStream`.
 *
 * @throws {RequestError} `RequestFailed`, with what the driver threw as its cause
 * @throws the reason with which the lease was aborted
 */
export function answerRequest(work: RequestWork): Promise<unknown> {
  const { agent, driver, lease, request } = work;
  if (request.signal !== undefined) callOffBy(request.signal, lease);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      lease.release();
      reject(requestFailed(agent, error));
    };
    const receive = (value: unknown): void => {
      try {
        resolve(received(value, lease));
      } catch (error) {
        fail(error);
      }
    };
    lease.onAbort(reject);
    microtask()
      .then(() => driver.handle(request.payload, new HandleCall(work)))
      .then(receive, fail);
  });
}

/** A stream has the lease until its end. */
function received(value: unknown, lease: OpenLease): unknown {
  const stream = streamOf(value, lease);
  if (stream !== null) return stream;
  if (isHandedOver(value)) lease.handOver();
  else lease.release();
  return value;
}

/**
 * Aborts a lease with its caller's signal. A driver is not given the caller's own signal, nor one that
 * `AbortSignal.any` has made of it: what it leaves there would be kept for as long as the caller's signal is.
 */
function callOffBy(caller: AbortSignal, lease: OpenLease): void {
  // It stands for the caller's signal, which may have any number of requests, and so is not listened to itself.
  const own = AbortSignal.any([caller]);
  const onAbort = (): void => {
    lease.callOff(caller.reason as Error);
  };
  const detach = (): void => {
    own.removeEventListener('abort', onAbort);
  };
  own.addEventListener('abort', onAbort);
  // What accepted the request may have had its caller leave.
  if (caller.aborted) onAbort();
  lease.onAbort(detach);
  lease.onEnd(detach);
}

const LEASE = Symbol('lease');

function accessor(get: (lease: OpenLease) => AbortSignal): PropertyDescriptor {
  return {
    enumerable: true,
    get(this: HandleCall) {
      return get(this[LEASE]);
    },
  };
}

/**
 * What a driver is given with a request. Its signals are made when they are looked at, if only for a copy of this. All
 * have one getter: V8 makes a shape, which outlives the request, of each object with a getter of its own, and with
 * those a request took five times as long.
 */
class HandleCall implements RequestCall {
  declare readonly signal: AbortSignal;
  declare readonly draining: AbortSignal;
  /** Found through whatever a driver wraps around this, as a private field would not be. */
  declare readonly [LEASE]: OpenLease;
  readonly generation: number;
  readonly resume: unknown;
  readonly progress: RequestCall['progress'];
  readonly handOver: RequestCall['handOver'] = handOver;

  constructor(work: RequestWork) {
    this.generation = work.generation;
    this.resume = work.request.resume;
    this.progress = (value) => {
      progress(work, value);
    };
    Object.defineProperty(this, LEASE, { value: work.lease });
    Object.defineProperty(this, 'signal', HandleCall.#signal);
    Object.defineProperty(this, 'draining', HandleCall.#draining);
  }

  static readonly #signal = accessor((lease) => lease.signal);
  static readonly #draining = accessor((lease) => lease.draining);
}

const handOver: RequestCall['handOver'] = (token) => new HandedOver(token);

function progress({ lease, request, now, onError }: RequestWork, value: unknown): void {
  if (lease.isOver) return;
  if (lease.waitingSince !== Infinity) lease.waitingSince = now();
  if (request.onProgress !== undefined) callSafely(onError, request.onProgress, value);
}
