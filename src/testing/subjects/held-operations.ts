import type { AgentOperation } from '../../../machines/agent-lifecycle.states.js';
import type { OperationOutcome } from '../lifecycle-step.js';

interface Held {
  readonly operation: AgentOperation;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Operations that end when they are told to. One that was aborted never ends, as that of a careless host. */
export class HeldOperations {
  #held: Held | null = null;

  begin(operation: AgentOperation, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const held = { operation, resolve, reject };
      this.#held = held;
      signal.addEventListener('abort', () => {
        if (this.#held === held) this.#held = null;
      });
    });
  }

  async settle(operation: AgentOperation, outcome: OperationOutcome): Promise<void> {
    const held = this.#held;
    if (held?.operation !== operation) return;
    this.#held = null;
    if (outcome.type === 'done') held.resolve();
    else held.reject(new Error(outcome.message));
    await nextTurn();
  }
}

/** By then every promise that has settled has been heard of. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
