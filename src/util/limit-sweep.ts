import { timeOf, type Clock } from './clock.js';

/** What has limits of time, as the requests in work of an instance, those in a queue, the bodies on their way. */
export interface Limited {
  /** Whether nothing in it has a limit now: it is not looked at again before it asks for that. */
  readonly isIdle: boolean;
  /** Whether anything is over its limit at that moment. */
  hasDue(now: number): boolean;
  /** Ends what is still over its limit. */
  endDue(now: number): void;
}

/** Milliseconds between two looks: limits are kept to within twice that. */
const PERIOD = 50;

/** Keeps any number of limits by one timer, which runs while there are any. */
export class LimitSweep {
  readonly #clock: Clock;
  readonly #watched = new Set<Limited>();
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks at it until it is idle. */
  watch(limited: Limited): void {
    this.#watched.add(limited);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#arm();
  }

  /** Lets go of what has ended. */
  forget(limited: Limited): void {
    this.#watched.delete(limited);
  }

  #arm(): void {
    this.#clock.setTimeout(() => {
      this.#sweep();
    }, PERIOD);
  }

  #sweep(): void {
    const now = timeOf(this.#clock);
    const due: Limited[] = [];
    for (const each of this.#watched) {
      if (each.hasDue(now)) due.push(each);
      else if (each.isIdle) this.#watched.delete(each);
    }
    // A turn later: where this process stalled, what agents have sent meanwhile is received first.
    if (due.length > 0) {
      setImmediate(() => {
        for (const each of due) each.endDue(now);
      });
    }
    this.#isRunning = this.#watched.size > 0;
    if (this.#isRunning) this.#arm();
  }
}
