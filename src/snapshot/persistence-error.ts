import { TypedError, type DetailOf, type MessagesOf } from '../values/typed-error.js';

interface Details {
  Damaged: { readonly what: string; readonly path: string; readonly problem: string };
  NewerVersion: { readonly what: string; readonly version: number; readonly known: number };
  NotPersistable: { readonly status: string };
  UnknownDeadline: { readonly state: string };
}

const messages: MessagesOf<Details> = {
  Damaged: ({ what, path, problem }) => `${what} is damaged: ${path || 'the whole'}: ${problem}`,
  NewerVersion: ({ what, version, known }) =>
    `${what} has version ${version}, and ${known} is the newest that is known here`,
  NotPersistable: ({ status }) => `A lifecycle in status ${status} cannot be persisted`,
  UnknownDeadline: ({ state }) =>
    `When the timeout of ${state} began is not known: call watchDeadline before the lifecycle comes there`,
};

/** Which kind of error it is. */
export type PersistenceErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type PersistenceErrorDetail = DetailOf<Details>;

/** A lifecycle that cannot be written down, or read back. `code` says why; what belongs to it is in `detail`. */
export class PersistenceError extends TypedError<Details> {
  static override readonly brand: string = 'PersistenceError';
  override readonly name = 'PersistenceError';

  constructor(detail: PersistenceErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
  }
}
