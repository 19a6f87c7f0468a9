import { TypedError, type ProblemOf } from '../../values/typed-error.js';

const messages = {
  InvalidOptions: 'The options of an agent that is a process are not what they should be',
  InputInvalid: 'The request is not text, and no JSON either',
  InputTooLarge: 'The request is larger than a line may be',
  AnsweredError: 'The process answered with an error',
  Nonsense: 'The process has said what it may not say',
};

/** Which kind of error it is. */
export type ProcessDriverErrorCode = keyof typeof messages;

/** Why an agent that is a process did not do what it was asked for. `AnsweredError` has what it answered as `cause`. */
export class ProcessDriverError extends TypedError<ProblemOf<ProcessDriverErrorCode>> {
  static override readonly brand: string = 'ProcessDriverError';
  override readonly name = 'ProcessDriverError';

  constructor(code: ProcessDriverErrorCode, problem: string, options?: ErrorOptions) {
    super(messages, { code, problem }, options);
  }
}
