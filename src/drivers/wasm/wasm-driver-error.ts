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
  InputInvalid: 'The request is neither text nor bytes',
  PluginFailed: 'The plugin failed',
  TimeLimitExceeded: 'The plugin was cut at its time limit',
  WorkerExited: 'The worker of the plugin has come to its end',
};

export type WasmDriverErrorCode = keyof typeof messages;

/** Why a WebAssembly agent did not do what it was asked for. */
export class WasmDriverError extends Error {
  override readonly name = 'WasmDriverError';
  readonly code: WasmDriverErrorCode;

  constructor(code: WasmDriverErrorCode, detail: string, options?: ErrorOptions) {
    super(`${messages[code]}: ${detail}`, options);
    this.code = code;
  }
}
