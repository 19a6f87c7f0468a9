/**
 * Waits for that time, or until one of the signals is aborted.
 *
 * @param {number} milliseconds
 * @param {readonly AbortSignal[]} signals
 * @returns {Promise<void>}
 */
export function sleep(milliseconds, signals) {
  return new Promise((resolve) => {
    const timer = milliseconds === Infinity ? undefined : setTimeout(end, milliseconds);
    function end() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    }
    for (const signal of signals) signal.addEventListener('abort', end);
    if (signals.some(({ aborted }) => aborted)) end();
  });
}
