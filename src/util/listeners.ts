import type { Subscription } from 'xstate';

/** Listeners that cannot harm each other: what one throws is handed on, and the next is called. */
export class Listeners<Args extends unknown[]> {
  readonly #listeners = new Set<(...args: Args) => unknown>();
  readonly #due: (() => void)[] = [];

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: (...args: Args) => unknown): Subscription {
    // The same function may listen twice.
    const entry = (...args: Args): unknown => listener(...args);
    this.#listeners.add(entry);
    return { unsubscribe: () => void this.#listeners.delete(entry) };
  }

  /** Everyone hears everything in its order: what a listener brings about is heard after what it has just heard. */
  notify(onError: (error: unknown) => void, ...args: Args): void {
    if (this.#listeners.size === 0) return;
    this.#due.push(() => {
      this.#call(onError, args);
    });
    if (this.#due.length > 1) return;
    try {
      // It grows while it is walked.
      for (const next of this.#due) next();
    } finally {
      this.#due.length = 0;
    }
  }

  #call(onError: (error: unknown) => void, args: Args): void {
    for (const listener of this.#listeners) callSafely(onError, listener, ...args);
  }
}

/** Calls what a user has given, and hands on what it throws, or what its promise rejects with. */
export function callSafely<Args extends unknown[]>(
  onError: (error: unknown) => void,
  call: (...args: Args) => unknown,
  ...args: Args
): void {
  try {
    const result = call(...args);
    // One that is async is taken by its promise, which its type does not tell of.
    if (isThenable(result)) Promise.resolve(result).catch(onError);
  } catch (error) {
    onError(error);
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
