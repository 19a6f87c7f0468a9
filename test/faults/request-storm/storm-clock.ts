import { SimulatedClock } from 'xstate';
import type { Clock } from '../../../src/util/clock.js';
import { turns } from '../../host/requests/request-rig.js';

/** Milliseconds that pass at once. */
const SLICE = 50;

/** A simulated time, which counts the timers of the host apart from those of agents and callers. */
export class StormClock {
  /** The host's timers that are running. */
  readonly armed = new Set<unknown>();
  readonly #clock = new SimulatedClock();

  readonly ofHost: Clock = {
    setTimeout: (callback, milliseconds) => {
      const timer: unknown = this.#clock.setTimeout(() => {
        this.armed.delete(timer);
        callback();
      }, milliseconds);
      this.armed.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      this.armed.delete(timer);
      this.#clock.clearTimeout(timer as number);
    },
    now: () => this.now(),
  };

  readonly now = (): number => this.#clock.now();

  /** Waits for that time, or until one of the signals is aborted. */
  readonly sleep = (milliseconds: number, signals: readonly AbortSignal[] = []): Promise<void> =>
    new Promise((resolve) => {
      if (signals.some(({ aborted }) => aborted)) {
        resolve();
        return;
      }
      const timer =
        milliseconds === Infinity
          ? null
          : this.#clock.setTimeout(() => {
              end();
            }, milliseconds);
      const end = () => {
        if (timer !== null) this.#clock.clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', end);
        resolve();
      };
      for (const signal of signals) signal.addEventListener('abort', end);
    });

  /** Lets time pass, with turns of the event loop between. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= SLICE) {
      this.#clock.increment(Math.min(left, SLICE));
      await turns(2);
    }
  }
}
