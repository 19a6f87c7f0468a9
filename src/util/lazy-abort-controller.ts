/**
 * An `AbortController` that makes its signal when somebody asks for it: Node takes twice as long for one as all else
 * of a request does, and most are never looked at.
 */
export class LazyAbortController {
  #made: AbortController | null = null;
  #abortion: { readonly reason: Error } | null = null;
  readonly #listeners: ((reason: Error) => void)[] = [];

  get signal(): AbortSignal {
    if (this.#made === null) {
      this.#made = new AbortController();
      if (this.#abortion !== null) this.#made.abort(this.#abortion.reason);
    }
    return this.#made.signal;
  }

  get isAborted(): boolean {
    return this.#abortion !== null;
  }

  /** Without effect on what is aborted already. */
  abort(reason: Error): void {
    if (this.#abortion !== null) return;
    this.#abortion = { reason };
    this.#made?.abort(reason);
    for (const listener of this.#listeners) listener(reason);
  }

  /** Calls a listener with the reason: at once, where this is aborted already. */
  onAbort(listener: (reason: Error) => void): void {
    if (this.#abortion === null) this.#listeners.push(listener);
    else listener(this.#abortion.reason);
  }
}
