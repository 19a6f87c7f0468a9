import type { Subscription } from 'xstate';

/** Listeners that cannot harm each other: what one throws is handed on, and the next is called. */
export class Listeners<Args extends unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  add(listener: (...args: Args) => void): Subscription {
    // The same function may listen twice.
    const entry = (...args: Args) => {
      listener(...args);
    };
    this.#listeners.add(entry);
    return { unsubscribe: () => void this.#listeners.delete(entry) };
  }

  notify(onError: (error: unknown) => void, ...args: Args): void {
    for (const listener of this.#listeners) {
      try {
        listener(...args);
      } catch (error) {
        onError(error);
      }
    }
  }
}
