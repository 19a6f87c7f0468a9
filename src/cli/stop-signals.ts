/** Milliseconds within which a signal after another is the same: npm and a terminal both deliver each twice. */
const SAME_SIGNAL = 500;

/** What ends a host. A terminal that is closed sends SIGHUP: it is a drain as well, and no sudden end. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopStep = 'drain' | 'force' | 'exit';

/** What the signals of a process ask for: the first to drain, the second to force, any after that to exit at once. */
export function stopSteps(now: () => number): () => StopStep | null {
  const steps: StopStep[] = ['drain', 'force'];
  let last = -Infinity;
  return () => {
    const isSame = now() - last < SAME_SIGNAL;
    last = now();
    return isSame ? null : (steps.shift() ?? 'exit');
  };
}
