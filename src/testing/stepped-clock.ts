import type { Clock } from '../util/clock.js';

/** A timer of the clock. */
export interface SteppedTimer {
  readonly at: number;
  /** Called when it is due. */
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is advanced. Timers fire in their order, each at its own moment, so that one that
 * another arms runs from then. (XState's `SimulatedClock` jumps to the end at once.)
 */
export class SteppedClock implements Clock {
  readonly #timers = new Set<SteppedTimer>();
  #now = 0;

  /** Calls back when the clock has advanced so far. */
  setTimeout(callback: () => void, milliseconds: number): SteppedTimer {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return timer;
  }

  now(): number {
    return this.#now;
  }

  /** Cancels a timer. */
  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as SteppedTimer);
  }

  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#dueBy(end); next !== undefined; next = this.#dueBy(end)) {
      this.#now = next.at;
      this.#timers.delete(next);
      next.callback();
    }
    this.#now = end;
  }

  #dueBy(end: number): SteppedTimer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}
