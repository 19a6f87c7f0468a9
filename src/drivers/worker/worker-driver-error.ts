import { TypedError, type ProblemOf } from '../../values/typed-error.js';

const messages = {
  InvalidOptions: 'The options of a worker agent are not what they should be',
  ModuleUnreadable: 'The module cannot be read',
  EntrypointMissing: 'The module does not export the function that answers requests',
  InstantiationFailed: 'The module cannot be imported',
  PayloadInvalid: 'The request cannot be handed to a worker',
  TooMuchWaiting: 'The worker is too far behind to take the request',
  ModuleFailed: 'The module failed',
  AnswerUnreadable: 'What the worker said cannot be read',
  WorkerBlocked: 'The worker was cut since it heard nothing any more',
  WorkerExited: 'The worker has come to its end',
};

/** Which kind of error it is. */
export type WorkerDriverErrorCode = keyof typeof messages;

/**
 * Why a worker agent did not do what it was asked for. The `cause` of `ModuleFailed` and `InstantiationFailed` is what
 * the module threw: an `Error` with its name, message, stack, and code where it had one.
 */
export class WorkerDriverError extends TypedError<ProblemOf<WorkerDriverErrorCode>> {
  static override readonly brand: string = 'WorkerDriverError';
  override readonly name = 'WorkerDriverError';

  constructor(code: WorkerDriverErrorCode, problem: string, options?: ErrorOptions) {
    super(messages, { code, problem }, options);
  }
}
