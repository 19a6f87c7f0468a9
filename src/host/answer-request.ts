import type { AgentDriver } from './agent-driver.js';
import type { Lease } from './lease-table.js';
import { orAborted } from './or-aborted.js';
import { RequestError } from './request-error.js';

export interface RequestCall {
  readonly agent: string;
  readonly driver: AgentDriver;
  readonly payload: unknown;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Counts the request as pending. @throws what says that the agent does not accept it */
  readonly accept: () => Pick<Lease, 'signal' | 'release'>;
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
  const signal = call.signal ? AbortSignal.any([call.signal, lease.signal]) : lease.signal;
  const work = Promise.resolve().then(() => call.driver.handle(call.payload, { signal }));
  // The lease is held until the work has ended: that nobody waits for it does not end it.
  const released = work.finally(() => {
    lease.release();
  });
  try {
    return await orAborted(released, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new RequestError('RequestFailed', call.agent, { cause: error });
  }
}
