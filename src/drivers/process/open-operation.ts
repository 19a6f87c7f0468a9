import type { ChildMessage } from './child-message.js';
import { answeredError, type OpenQuestion } from './open-question.js';

/** A start or a stop that a child answers. */
export class OpenOperation implements OpenQuestion {
  readonly answer: Promise<unknown>;
  readonly #signal: AbortSignal;
  readonly #onClose: () => void;
  #resolve: (value: unknown) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(signal: AbortSignal, onClose: () => void) {
    this.#signal = signal;
    this.#onClose = onClose;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onMessage(message: ChildMessage): boolean {
    if (!('ok' in message) || 'handOver' in message) return false;
    if (!message.ok) {
      this.fail(answeredError(message.error));
      return true;
    }
    this.#close();
    this.#resolve(message.value);
    return true;
  }

  fail(error: unknown): void {
    this.#close();
    this.#reject(error);
  }

  readonly #onAbort = (): void => {
    this.fail(this.#signal.reason);
  };

  #close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#onClose();
  }
}
