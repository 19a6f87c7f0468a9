import { RequestError } from '../host/requests/request-error.js';

/** Whether a request was aborted because its time is over, rather than because nobody waits for it. */
export function isOutOfTime(reason: unknown): boolean {
  return (
    reason instanceof RequestError &&
    (reason.code === 'RequestTimedOut' || reason.code === 'MaxDurationExceeded')
  );
}
