import { TypedError, type ProblemOf } from '../../values/typed-error.js';

const messages = {
  InvalidOptions: 'The options of a WebAssembly agent are not what they should be',
  ModuleUnreadable: 'The module cannot be read',
  ModuleTooLarge: 'The module is larger than its limit',
  ModuleInvalid: 'The module cannot be compiled',
  MemoryOverLimit: 'The module needs more memory than its limit',
  EntrypointMissing: 'The module does not export the function that answers requests',
  InstantiationFailed: 'The plugin cannot be instantiated',
  QueueFull: 'Too much waits for the plugin',
  InputTooLarge: 'The request is larger than the plugin takes',
  InputInvalid: 'The request is neither text nor bytes nor JSON',
  PluginFailed: 'The plugin failed',
  TimeLimitExceeded: 'The plugin that was to replace another did not come up within its time limit',
  WorkerExited: 'The worker of the plugin has come to its end',
};

/** Which kind of error it is. */
export type WasmDriverErrorCode = keyof typeof messages;

/** Why a WebAssembly agent did not do what it was asked for. */
export class WasmDriverError extends TypedError<ProblemOf<WasmDriverErrorCode>> {
  static override readonly brand: string = 'WasmDriverError';
  override readonly name = 'WasmDriverError';

  constructor(code: WasmDriverErrorCode, problem: string, options?: ErrorOptions) {
    super(messages, { code, problem }, options);
  }
}
