import { TypedError, type DetailOf, type MessagesOf } from 'xstate-agent-lifecycle';

interface Details {
  Crashed: { readonly reason: string };
  /** @property timeout in milliseconds */
  Hung: { readonly timeout: number };
  Nonsense: { readonly reason: string };
}

const messages: MessagesOf<Details> = {
  Crashed: ({ reason }) => `The subject ended in the middle of the conversation: ${reason}`,
  Hung: ({ timeout }) => `The subject did not answer in time: ${timeout} ms`,
  Nonsense: ({ reason }) => `The subject broke the protocol: ${reason}`,
};

/** The subject does not speak the protocol. A subject that breaks a rule of the lifecycle is another matter. */
export class SubjectProcessError extends TypedError<Details> {
  static override readonly brand: string = 'SubjectProcessError';
  override readonly name = 'SubjectProcessError';

  constructor(detail: DetailOf<Details>, options?: ErrorOptions) {
    super(messages, detail, options);
  }
}
