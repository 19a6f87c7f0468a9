const messages = {
  InvalidOptions: 'The options of an inspection are not what they should be',
  InspectorNotInstalled: 'The Stately inspector is not installed',
  PortInUse: 'The relay of the Stately inspector cannot listen',
};

export type InspectErrorCode = keyof typeof messages;

/** Why nothing can be inspected. Nothing was started when this is thrown. */
export class InspectError extends Error {
  override readonly name = 'InspectError';
  readonly code: InspectErrorCode;

  constructor(code: InspectErrorCode, detail: string, options?: ErrorOptions) {
    super(`${messages[code]}: ${detail}`, options);
    this.code = code;
  }
}
