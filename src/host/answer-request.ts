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
  const forDriver = {
    get signal() {
      return abortable.signal;
    },
  };
  const work = Promise.resolve().then(() => call.driver.handle(call.payload, forDriver));
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

function abortedByEither(caller: AbortSignal, lease: AbortSignal): Pick<OpenLease, 'signal' | 'orAborted'> {
  const signal = AbortSignal.any([caller, lease]);
  return { signal, orAborted: (work) => orAborted(work, signal) };
}
