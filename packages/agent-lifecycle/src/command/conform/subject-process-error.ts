const messages = {
  Crashed: 'The subject has ended in the middle of the conversation',
  Hung: 'The subject has not answered in time',
  Nonsense: 'The subject has said what it may not say',
};

/** A subject with which there is no talking: that it breaks a rule of the lifecycle is something else. */
export class SubjectProcessError extends Error {
  override readonly name = 'SubjectProcessError';
  readonly code: keyof typeof messages;

  constructor(code: keyof typeof messages, detail: string, options?: ErrorOptions) {
    super(`${messages[code]}: ${detail}`, options);
    this.code = code;
  }
}
