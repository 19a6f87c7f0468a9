import type { AgentOperation } from '../../values/lifecycle-states.js';
import type { OperationOutcome } from '../lifecycle-step.js';

interface Held {
  readonly operation: AgentOperation;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Operations that end when they are told to: those of a careless host, which go on when they are aborted. */
export class HeldOperations {
  readonly #inFlight = new Set<Held>();
  readonly #aborted = new Set<Held>();

  /** The operations that were not aborted. */
  get inFlight(): readonly AgentOperation[] {
    return [...this.#inFlight].map(({ operation }) => operation);
  }

  begin(operation: AgentOperation, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const held = { operation, resolve, reject };
      this.#inFlight.add(held);
      signal.addEventListener('abort', () => {
        if (this.#inFlight.delete(held)) this.#aborted.add(held);
      });
    });
  }

  /** Ends one of that name; one that was aborted, where none is in flight: that comes too late. */
  async settle(operation: AgentOperation, outcome: OperationOutcome): Promise<void> {
    for (const among of [this.#inFlight, this.#aborted]) {
      const held = [...among].find((each) => each.operation === operation);
      if (held === undefined) continue;
      among.delete(held);
      if (outcome.type === 'done') held.resolve();
      else held.reject(new Error(outcome.message));
      break;
    }
    await macrotask();
  }
}

/** Resolves after all handlers of settled promises have run. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
