/** What keeps deadlines. XState's `SimulatedClock` is one. */
export interface Clock {
  setTimeout(callback: () => void, milliseconds: number): unknown;
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
  return clock.now?.() ?? Date.now();
}
