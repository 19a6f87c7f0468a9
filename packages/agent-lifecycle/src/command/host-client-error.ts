import type { Refusal } from './host-answers.js';
import { DetailedError, type DetailOf, type MessagesOf } from '../../../../src/values/detailed-error.js';

interface Details {
  /** Nobody answers, or does not in time, or no longer. */
  Unreachable: { readonly url: string; readonly reason: string };
  /** @property answer what the host says, as it is */
  Refused: { readonly status: number; readonly answer: Refusal };
  /** Somebody answers, and not as a host does. */
  NotAHost: { readonly url: string; readonly status: number };
}

const messages: MessagesOf<Details> = {
  Unreachable: ({ url, reason }) => `No host answers at ${url}: ${reason}`,
  Refused: ({ answer }) => `The host refuses: ${answer.error.message} (${answer.error.code})`,
  NotAHost: ({ url, status }) => `What answers at ${url}, with ${status}, is no host of agents`,
};

export type HostClientErrorDetail = DetailOf<Details>;

/** A call to a host that came to nothing. `code` says why; what belongs to it is in `detail`. */
export class HostClientError extends DetailedError<Details> {
  override readonly name = 'HostClientError';

  constructor(detail: HostClientErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
  }

  /** For programs: the host's own words, or others in their form. */
  get answer(): Refusal {
    if (this.detail.code === 'Refused') return this.detail.answer;
    return { error: { ...this.detail, message: this.message } };
  }
}
