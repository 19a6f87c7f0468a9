import type { AgentDriverFactory, RequestCall } from '../../../src/index.js';
import type { Clock } from '../../../src/util/clock.js';
import { createStormyHandle, type Work } from '../agents/stormy.js';
import { StormClock } from './storm-clock.js';
import { StormLedger } from './storm-ledger.js';
import type { VersionPlan } from './storm-plan.js';

/** Where a storm takes place: its time, and its kind of agent. */
export interface StormRig {
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Lets time pass for all. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The time of the host; null for the real one. */
  readonly clock: Clock | null;
  readonly driver: AgentDriverFactory;
  /** Milliseconds. In the real time a machine that is busy elsewhere must not bring it about. */
  readonly transitionTimeout: number;
  optionsOf(version: VersionPlan): unknown;
  /** What its agents do, where that is seen; null where it is not. */
  readonly ledger: StormLedger | null;
  /** Has an instance fail, or end with success, by itself; null where a request does that. */
  readonly endInstance: ((generation: number, how: 'crash' | 'finish') => void) | null;
  /** Whether the driver of a generation was disposed of. */
  readonly hasDisposed: (generation: number) => boolean;
  /** What is left after the end. */
  leftovers(): string[];
}

/** Functions in the host's own process, on a simulated clock. */
export class FunctionRig implements StormRig {
  readonly ledger: StormLedger;
  readonly transitionTimeout = 1_000;
  readonly #clock = new StormClock();
  readonly #ends: { fail: (reason: unknown) => void; finish: () => void }[] = [];
  readonly #disposed = new Set<number>();

  constructor() {
    this.ledger = new StormLedger(this.#clock.now);
  }

  get clock(): Clock {
    return this.#clock.ofHost;
  }

  readonly now = (): number => this.#clock.now();
  readonly sleep = (milliseconds: number): Promise<void> => this.#clock.sleep(milliseconds);
  readonly pass = (milliseconds: number): Promise<void> => this.#clock.pass(milliseconds);
  readonly hasDisposed = (generation: number): boolean => this.#disposed.has(generation);

  readonly endInstance = (generation: number, how: 'crash' | 'finish'): void => {
    const ends = this.#ends[generation - 1];
    if (how === 'crash') ends?.fail(new Error('It crashes'));
    else ends?.finish();
  };

  optionsOf(version: VersionPlan): unknown {
    return version;
  }

  leftovers(): string[] {
    const { size } = this.#clock.armed;
    return size === 0 ? [] : [`${size} timers are left`];
  }

  readonly driver: AgentDriverFactory = ({ options, fail, finish }) => {
    const { start, stop } = options as VersionPlan;
    const generation = this.#ends.push({ fail, finish });
    const handle = createStormyHandle({
      sleep: this.#clock.sleep,
      onCleanup: (work, call) => {
        this.ledger.cleanedUp(work, call.generation);
      },
    }) as (work: Work, call: RequestCall) => unknown;
    return {
      start: () => this.#operate(start),
      stop: () => this.#operate(stop),
      handle: (work, call) => this.ledger.handle(handle, work as Work, call),
      dispose: () => {
        this.#disposed.add(generation);
      },
    };
  };

  async #operate(how: VersionPlan['start']): Promise<void> {
    if (how === 'throws') throw new Error('It cannot');
    if (how === 'later') await this.#clock.sleep(120);
    if (how === 'hangs') await this.#clock.sleep(Infinity);
  }
}

/** Workers or processes, in the real time. */
export class RealRig implements StormRig {
  readonly clock = null;
  readonly ledger = null;
  readonly endInstance = null;
  readonly transitionTimeout = 5_000;
  readonly driver: AgentDriverFactory;
  readonly #optionsOf: (version: VersionPlan) => unknown;

  constructor(driver: AgentDriverFactory, optionsOf: (version: VersionPlan) => unknown) {
    this.driver = driver;
    this.#optionsOf = optionsOf;
  }

  readonly now = (): number => performance.now();
  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  readonly pass = this.sleep;
  readonly hasDisposed = (): boolean => false;

  optionsOf(version: VersionPlan): unknown {
    return this.#optionsOf(version);
  }

  leftovers(): string[] {
    return [];
  }
}
