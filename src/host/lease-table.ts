/** Permission for one request: the agent counts it as pending until it is released. */
export interface Lease {
  /** Aborted when nobody waits for the request any more, with the reason. */
  readonly signal: AbortSignal;
  /** Releases the lease; once, however often it is called. */
  release(): void;
}

/** The leases of one agent that are not yet released. */
export class LeaseTable {
  readonly #controllers = new Set<AbortController>();

  /** @param onRelease is called exactly once */
  open(onRelease: () => void): Lease {
    const controller = new AbortController();
    this.#controllers.add(controller);
    return {
      signal: controller.signal,
      release: () => {
        if (this.#controllers.delete(controller)) onRelease();
      },
    };
  }

  abortAll(reason: unknown): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
