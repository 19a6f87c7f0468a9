import { TypedError, type ProblemOf } from '../values/typed-error.js';

const messages = {
  InvalidOptions: 'The options of an inspection are not what they should be',
  PortInUse: 'The relay of the Stately inspector cannot listen',
};

/** Which kind of error it is. */
export type InspectErrorCode = keyof typeof messages;

/** Thrown when an inspection cannot start. Nothing was started then. */
export class InspectError extends TypedError<ProblemOf<InspectErrorCode>> {
  static override readonly brand: string = 'InspectError';
  override readonly name = 'InspectError';

  constructor(code: InspectErrorCode, problem: string, options?: ErrorOptions) {
    super(messages, { code, problem }, options);
  }
}
