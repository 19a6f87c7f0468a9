import type { Program } from './program.js';

/** What is tried, in this order. */
type Reaction = readonly Program[];

/**
 * What each event does in one leaf. The two events that came last are looked up by themselves, which takes a third of
 * the time of a table: in most leaves there is one that nearly all agents take.
 */
export class Reactions {
  readonly #byEvent: ReadonlyMap<string, Reaction>;
  readonly #otherwise: Reaction;
  #last: string | null = null;
  #lastReaction: Reaction;
  #before: string | null = null;
  #beforeReaction: Reaction;

  /** @param otherwise for every event that the table does not name */
  constructor(byEvent: ReadonlyMap<string, Reaction>, otherwise: Reaction) {
    this.#byEvent = byEvent;
    this.#otherwise = otherwise;
    this.#lastReaction = otherwise;
    this.#beforeReaction = otherwise;
  }

  to(type: string): Reaction {
    if (type === this.#last) return this.#lastReaction;
    return type === this.#before ? this.#beforeReaction : this.#find(type);
  }

  #find(type: string): Reaction {
    this.#before = this.#last;
    this.#beforeReaction = this.#lastReaction;
    this.#last = type;
    this.#lastReaction = this.#byEvent.get(type) ?? this.#otherwise;
    return this.#lastReaction;
  }
}
