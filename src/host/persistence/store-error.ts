import { TypedError, type DetailOf, type MessagesOf } from '../../values/typed-error.js';

interface Details {
  RevisionConflict: { readonly key: string; readonly expected: number; readonly actual: number };
  JournalGap: { readonly journal: string; readonly expected: number; readonly received: number };
  DirectoryInUse: { readonly directory: string; readonly pid: number; readonly since: string };
  DirectoryUnusable: { readonly directory: string; readonly problem: string };
  StoreDamaged: { readonly file: string; readonly problem: string };
  StoreFailed: { readonly file: string; readonly problem: string };
  NewerStore: { readonly file: string; readonly version: number; readonly known: number };
}

const messages: MessagesOf<Details> = {
  RevisionConflict: ({ key, expected, actual }) =>
    `${JSON.stringify(key)} is at revision ${actual}: expected ${expected}`,
  JournalGap: ({ journal, expected, received }) =>
    `The next entry of the journal ${JSON.stringify(journal)} is ${expected}: received ${received}`,
  DirectoryInUse: ({ directory, pid, since }) =>
    `${directory} is in use by the host with process id ${pid}, since ${since}`,
  DirectoryUnusable: ({ directory, problem }) =>
    `${directory} cannot be used: expected a directory that can be written, ${problem}`,
  StoreDamaged: ({ file, problem }) => `${file} is damaged, and was left as it is: ${problem}`,
  StoreFailed: ({ file, problem }) => `${file} cannot be read or written: ${problem}`,
  NewerStore: ({ file, version, known }) =>
    `${file} has version ${version}, and ${known} is the newest that is known here`,
};

/** Which kind of error it is. */
export type StoreErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type StoreErrorDetail = DetailOf<Details>;

/** What a store cannot do. Nothing was changed. `code` says why; what belongs to it is in `detail`. */
export class StoreError extends TypedError<Details> {
  static override readonly brand: string = 'StoreError';
  override readonly name = 'StoreError';

  constructor(detail: StoreErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
  }
}
