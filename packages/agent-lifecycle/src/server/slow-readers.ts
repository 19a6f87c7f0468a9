import { realTime, timeOf } from '../../../../src/util/clock.js';
import { LimitSweep, type Limited } from '../../../../src/util/limit-sweep.js';

/** What is sent to a reader. */
export interface SentBody {
  /** Whether there is anything that its reader has not taken. */
  readonly isBehind: boolean;
  /** Grows with what its reader takes. */
  readonly taken: number;
  /** Ends it: its reader has taken nothing for too long. */
  cut(): void;
}

interface Watched {
  readonly timeout: number;
  taken: number;
  /** The moment of the last look at which its reader had taken something, or all, in milliseconds. */
  since: number;
}

/** The bodies that are on their way to readers: one whose reader takes nothing for its time is cut. */
export class SlowReaders implements Limited {
  readonly #sweep = new LimitSweep(realTime);
  readonly #watched = new Map<SentBody, Watched>();

  /** @param timeout milliseconds */
  watch(body: SentBody, timeout: number): void {
    this.#watched.set(body, { timeout, taken: body.taken, since: timeOf(realTime) });
    this.#sweep.watch(this);
  }

  forget(body: SentBody): void {
    this.#watched.delete(body);
  }

  get isIdle(): boolean {
    return this.#watched.size === 0;
  }

  hasDue(now: number): boolean {
    return this.#due(now).length > 0;
  }

  endDue(now: number): void {
    for (const body of this.#due(now)) body.cut();
  }

  /** Looks at all of them. */
  #due(now: number): readonly SentBody[] {
    const due: SentBody[] = [];
    for (const [body, watched] of this.#watched) {
      const { taken } = body;
      if (!body.isBehind || taken !== watched.taken) {
        watched.taken = taken;
        watched.since = now;
      } else if (now - watched.since >= watched.timeout) due.push(body);
    }
    return due;
  }
}
