import type { ErrorResult } from '../../wire/agent-view.js';
import { TypedError, type DetailOf, type MessagesOf } from 'xstate-agent-lifecycle';

interface Details {
  /** Nobody answers, or not in time, or the connection broke. */
  Unreachable: { readonly url: string; readonly reason: string };
  /** @property result the response of the host */
  Refused: { readonly status: number; readonly result: ErrorResult };
  /** Another kind of server answers. */
  NotAHost: { readonly url: string; readonly status: number };
  /** @property result why the answer of an agent has failed, as the host says */
  AnswerFailed: { readonly result: ErrorResult };
  /** The answer of an agent has ended in the middle. */
  AnswerCut: { readonly reason: string };
  /** @property timeout milliseconds that the answer of an agent may take */
  TooLate: { readonly timeout: number };
}

const messages: MessagesOf<Details> = {
  Unreachable: ({ url, reason }) => `No host answers at ${url}: ${reason}`,
  Refused: ({ result }) => `The host refuses: ${result.error.message} (${result.error.code})`,
  NotAHost: ({ url, status }) => `What answers at ${url}, with ${status}, is no host of agents`,
  AnswerFailed: ({ result }) => `The answer has failed: ${result.error.message} (${result.error.code})`,
  AnswerCut: ({ reason }) => `The answer was cut before its end: ${reason}`,
  TooLate: ({ timeout }) => `The answer has not come to its end within ${timeout} ms`,
};

export type HostClientErrorDetail = DetailOf<Details>;

/** A call to a host failed. `code` says why; `detail` has the fields that belong to it. */
export class HostClientError extends TypedError<Details> {
  static override readonly brand: string = 'HostClientError';
  override readonly name = 'HostClientError';

  constructor(detail: HostClientErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
  }

  /** For programs: the error of the host, or this one in the same form. */
  get result(): ErrorResult {
    if ('result' in this.detail) return this.detail.result;
    return { error: { ...this.detail, message: this.message } };
  }
}
