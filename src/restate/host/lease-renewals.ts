import type { HostLink } from './host-link.js';
import { momentNow } from './host-clock.js';
import type { RequestGate } from './request-gate.js';

/** Milliseconds after which it is asked again for a lease that was withheld, or could not be asked for. */
const FIRST_PAUSE = 20;
const MAX_PAUSE = 1_000;
/** How often it is asked for within the time of a lease. */
const RENEWALS_PER_PERIOD = 3;

export interface LeaseRenewalsOptions {
  readonly agent: string;
  readonly generation: number;
  readonly session: string;
  readonly gate: RequestGate;
  readonly link: HostLink;
  /** Called when a lease cannot be renewed: once, until a renewal succeeds again. */
  readonly onError: (error: unknown, agent: string) => void;
  /** The agent is another's, or has ended. */
  readonly onFenced: () => void;
}

/** Renews the lease of an instance, and sends the count of its pending requests with each renewal. */
export class LeaseRenewals {
  readonly #options: LeaseRenewalsOptions;
  #timer: NodeJS.Timeout | null = null;
  #isAsking = false;
  #isToAskAgain = false;
  #hasEnded = false;
  #pause = FIRST_PAUSE;
  #isFailing = false;

  constructor(options: LeaseRenewalsOptions) {
    this.#options = options;
  }

  /** Asks now, or as soon as the question under way is answered. */
  ask(): void {
    if (this.#isAsking) this.#isToAskAgain = true;
    else if (!this.#hasEnded) void this.#ask();
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#isAsking = true;
    this.#isToAskAgain = false;
    const pause = await this.#askOnce();
    this.#isAsking = false;
    this.#askAgainAfter(pause);
  }

  #askAgainAfter(pause: number): void {
    if (this.#hasEnded) return;
    if (this.#isToAskAgain) this.ask();
    else this.#timer = setTimeout(this.ask.bind(this), pause);
  }

  /** @returns milliseconds to the next question */
  async #askOnce(): Promise<number> {
    const { agent, generation, session, gate, link, onFenced } = this.#options;
    const askedAt = momentNow();
    try {
      const { pending, isClosed } = gate;
      const answer = await link.renew(agent, { generation, session, pending, isClosed });
      this.#isFailing = false;
      if (answer.type === 'granted') {
        if (answer.closedFor !== null && !gate.isClosed) {
          gate.close(answer.closedFor);
          // To tell how many are left.
          this.#isToAskAgain = true;
        }
        gate.grant(askedAt, answer.period);
        this.#pause = FIRST_PAUSE;
        return answer.period / RENEWALS_PER_PERIOD;
      }
      if (answer.type === 'fenced') {
        this.end();
        onFenced();
      }
    } catch (error) {
      if (!this.#isFailing && !this.#hasEnded) this.#options.onError(error, agent);
      this.#isFailing = true;
      // The lease runs out where nobody answers; until then it is tried again.
    }
    this.#pause = Math.min(MAX_PAUSE, this.#pause * 2);
    return this.#pause;
  }
}
