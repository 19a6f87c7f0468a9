/** What keeps deadlines. XState's `SimulatedClock` is one. */
export interface Clock {
  /** Calls back after so many milliseconds; gives the timer. */
  setTimeout(callback: () => void, milliseconds: number): unknown;
  /** Cancels a timer. */
  clearTimeout(timer: unknown): void;
  /** Milliseconds since some moment; those since 1970 of the real time, where a clock does not tell. */
  now?(): number;
}

export const realTime: Clock = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};

export function timeOf(clock: Clock): number {
  // Unlike Date.now() it never goes back, and durations are differences of it.
  return clock.now?.() ?? Math.round(performance.timeOrigin + performance.now());
}

/** Waits until the time is over, or the signal is aborted. */
export async function delay(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds === 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
