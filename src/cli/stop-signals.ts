/** Milliseconds within which a signal after another is the same: npm and a terminal both deliver each twice. */
const SAME_SIGNAL = 500;

export type StopStep = 'drain' | 'force';

/** What the signals of a process ask for: the first to drain, one after that to force. */
export function stopSteps(now: () => number): () => StopStep | null {
  let last = -Infinity;
  let count = 0;
  return () => {
    const isSame = now() - last < SAME_SIGNAL;
    last = now();
    if (isSame) return null;
    count++;
    return count === 1 ? 'drain' : 'force';
  };
}
