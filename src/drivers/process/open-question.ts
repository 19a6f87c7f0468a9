import type { ChildMessage } from './child-message.js';
import { ProcessDriverError } from './process-driver-error.js';

/** A question that a child has not answered yet. */
export interface OpenQuestion {
  readonly answer: Promise<unknown>;
  /**
   * Takes what the child says of it. False where a child may not say that.
   *
   * @param bytes of its line
   */
  onMessage(message: ChildMessage, bytes: number): boolean;
  /** Ends the question with an error. */
  fail(error: unknown): void;
}

/** What a child answered, as the error of a question. */
export function answeredError(error: {
  readonly message: string;
  readonly code?: string | undefined;
}): ProcessDriverError {
  const { message, code = 'it does not say why' } = error;
  return new ProcessDriverError('AnsweredError', message === '' ? code : message, { cause: error });
}
