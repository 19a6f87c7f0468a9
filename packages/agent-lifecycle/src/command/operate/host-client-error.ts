import type { ErrorResult } from '../../wire/agent-view.js';
import { TypedError, type DetailOf, type MessagesOf } from 'xstate-agent-lifecycle';

interface Details {
  /** Nobody answers, or not in time, or the connection broke. */
  Unreachable: { readonly url: string; readonly reason: string };
  /** @property result the response of the host */
  Refused: { readonly status: number; readonly result: ErrorResult };
  /** Another kind of server answers. */
  NotAHost: { readonly url: string; readonly status: number };
}

const messages: MessagesOf<Details> = {
  Unreachable: ({ url, reason }) => `No host answers at ${url}: ${reason}`,
  Refused: ({ result }) => `The host refuses: ${result.error.message} (${result.error.code})`,
  NotAHost: ({ url, status }) => `What answers at ${url}, with ${status}, is no host of agents`,
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
    if (this.detail.code === 'Refused') return this.detail.result;
    return { error: { ...this.detail, message: this.message } };
  }
}
