import type { AgentDriver } from './agent-driver.js';
import { LazyAbortController } from './lazy-abort-controller.js';
import type { OpenLease } from './lease-table.js';
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
  const { signal: caller } = call;
  caller?.throwIfAborted();
  const lease = call.accept();
  if (caller === undefined) return answer(call, lease, lease);
  // Node takes as long for a signal that follows two others as for all the rest.
  const either = new LazyAbortController();
  const abort = (reason: Error) => {
    either.abort(reason);
  };
  const onAbort = () => {
    abort(caller.reason as Error);
  };
  lease.onAbort(abort);
  caller.addEventListener('abort', onAbort, { once: true });
  try {
    return await answer(call, lease, either);
  } finally {
    // The caller's may be one of many requests.
    caller.removeEventListener('abort', onAbort);
  }
}

/** @param abortable is aborted when nobody waits for the answer any more */
async function answer(
  { agent, driver, payload }: RequestCall,
  lease: OpenLease,
  abortable: LazyAbortController,
): Promise<unknown> {
  const work = Promise.resolve().then(() => driver.handle(payload, new HandleCall(abortable)));
  // The lease is held until the work has ended: that nobody waits for it does not end it.
  const released = work.finally(() => {
    lease.release();
  });
  try {
    return await abortable.orAborted(released);
  } catch (error) {
    if (abortable.isAborted) throw abortable.signal.reason;
    throw new RequestError('RequestFailed', agent, { cause: error });
  }
}

/**
 * What a driver is told of a request: its signal, which is made when it is looked at, if only for a copy of this. All
 * have one getter: V8 makes a shape, which outlives the request, of each object with a getter of its own, and with
 * those a request took five times as long.
 */
class HandleCall {
  declare readonly signal: AbortSignal;
  readonly #abortable: LazyAbortController;

  constructor(abortable: LazyAbortController) {
    this.#abortable = abortable;
    Object.defineProperty(this, 'signal', HandleCall.#signal);
  }

  static readonly #signal = {
    enumerable: true,
    get(this: HandleCall): AbortSignal {
      return this.#abortable.signal;
    },
  };
}
