import type { AgentDriver } from './agent-driver.js';
import type { OpenLease } from './lease-table.js';
import { orAborted } from './or-aborted.js';
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
  const abortable = call.signal === undefined ? lease : abortedByEither(call.signal, lease.signal);
  const work = Promise.resolve().then(() => call.driver.handle(call.payload, new HandleCall(abortable)));
  // The lease is held until the work has ended: that nobody waits for it does not end it.
  const released = work.finally(() => {
    lease.release();
  });
  try {
    return await abortable.orAborted(released);
  } catch (error) {
    if (abortable.signal.aborted) throw abortable.signal.reason;
    throw new RequestError('RequestFailed', call.agent, { cause: error });
  }
}

type Abortable = Pick<OpenLease, 'signal' | 'orAborted'>;

function abortedByEither(caller: AbortSignal, lease: AbortSignal): Abortable {
  const signal = AbortSignal.any([caller, lease]);
  return { signal, orAborted: (work) => orAborted(work, signal) };
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
