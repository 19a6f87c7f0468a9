/**
 * Does work under a signal that is aborted with `signal`, and when its time is over. It is aborted no more once the
 * work has ended, whatever becomes of `signal`, which may be one of many requests.
 *
 * @throws the reason of the signal when that was aborted, `late()` for one; else what the work throws
 */
export async function withinTime<Value>(
  milliseconds: number,
  late: () => Error,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const reasons: unknown[] = [];
  const giveUp = (reason: unknown) => {
    reasons.push(reason);
    // The caller's reason may be anything, which not every listener can bear: it stays here.
    controller.abort(new Error('The work was given up'));
  };
  const onAbort = () => {
    giveUp(signal.reason);
  };
  const timer = setTimeout(() => {
    giveUp(late());
  }, milliseconds);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw reasons.length > 0 ? reasons[0] : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
