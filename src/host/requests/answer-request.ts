import type { AgentDriver } from '../agent-driver.js';
import type { OpenLease } from './lease-table.js';
import { LazyAbortController } from '../../util/lazy-abort-controller.js';
import type { RequestCall as RequestCallOfDriver } from './request-call.js';
import { RequestError } from './request-error.js';

export interface RequestCall {
  readonly agent: string;
  readonly driver: AgentDriver;
  readonly payload: unknown;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Counts the request as pending. @throws what says that the agent does not accept it */
  readonly accept: () => OpenLease;
}

/**
 * Has a driver answer a request.
 *
 * @throws {RequestError} `RequestFailed`, with what the driver threw as its cause
 * @throws the reason of the caller's signal, or of the lease's, when one was aborted; and what `accept` throws
 */
export async function answerRequest(call: RequestCall): Promise<unknown> {
  call.signal?.throwIfAborted();
  const lease = call.accept();
  const abortable = call.signal === undefined ? lease : new CalledOff(call.signal, lease);
  const work = Promise.resolve().then(() =>
    call.driver.handle(call.payload, new HandleCall(abortable) as unknown as RequestCallOfDriver),
  );
  // The lease is held until the work has ended: that nobody waits for it does not end it.
  const released = work.finally(() => {
    lease.release();
  });
  try {
    return await abortable.orAborted(released);
  } catch (error) {
    if (abortable.signal.aborted) throw abortable.signal.reason;
    throw new RequestError('RequestFailed', call.agent, { cause: error });
  } finally {
    if (abortable instanceof CalledOff) abortable.detach();
  }
}

type Abortable = Pick<OpenLease, 'signal' | 'orAborted'>;

/**
 * Aborted by the caller, or with the lease. A driver is not given the caller's own signal, nor one that
 * `AbortSignal.any` has made of it: what it leaves there would be kept for as long as the caller's signal is.
 */
class CalledOff extends LazyAbortController {
  /** Stands for the caller's signal, which may have any number of requests, and so is not listened to itself. */
  readonly #caller: AbortSignal;
  readonly #onAbort = (): void => {
    this.abort(this.#caller.reason as Error);
  };

  constructor(caller: AbortSignal, lease: OpenLease) {
    super();
    this.#caller = AbortSignal.any([caller]);
    if (caller.aborted) this.#onAbort();
    else this.#caller.addEventListener('abort', this.#onAbort);
    lease.onAbort((reason) => {
      this.abort(reason);
    });
  }

  /** The request is over: the caller has nothing to tell it any more. */
  detach(): void {
    this.#caller.removeEventListener('abort', this.#onAbort);
  }
}

const ABORTABLE = Symbol('abortable');

/**
 * What a driver is told of a request: its signal, which is made when it is looked at, if only for a copy of this. All
 * have one getter: V8 makes a shape, which outlives the request, of each object with a getter of its own, and with
 * those a request took five times as long.
 */
class HandleCall {
  declare readonly signal: AbortSignal;
  /** Found through whatever a driver wraps around this, as a private field would not be. */
  declare readonly [ABORTABLE]: Abortable;

  constructor(abortable: Abortable) {
    Object.defineProperty(this, ABORTABLE, { value: abortable });
    Object.defineProperty(this, 'signal', HandleCall.#signal);
  }

  static readonly #signal = {
    enumerable: true,
    get(this: HandleCall): AbortSignal {
      return this[ABORTABLE].signal;
    },
  };
}
