import { TypedError, type MessagesOf } from '../../values/typed-error.js';

const titles = {
  RequestFailed: 'The agent failed the request',
  AnswerNotJson: 'The answer of the agent is no JSON',
  DrainTimeoutExceeded: 'The request did not end before the drain timeout',
  AgentStopped: 'The agent was stopped before the request ended',
  AgentFailed: 'The agent failed before the request ended',
  AgentCordoned: 'The agent is cordoned: it accepts nothing until it is uncordoned',
};

/** Which kind of error it is. */
export type RequestErrorCode = keyof typeof titles;

/** @property reason the message of the cause; null where there is none */
type Details = Readonly<Record<RequestErrorCode, { readonly agent: string; readonly reason: string | null }>>;

const messages = Object.fromEntries(
  Object.entries(titles).map(([code, title]) => [
    code,
    ({ reason }: Details[RequestErrorCode]) => (reason === null ? title : `${title}: ${reason}`),
  ]),
) as MessagesOf<Details>;

/**
 * Why a request that had been accepted has no answer. `RequestFailed` carries what the driver threw as `cause`;
 * `AgentCordoned` comes before it is accepted; `AnswerNotJson` comes over HTTP alone, for an answer that JSON does not
 * carry as it is, with what is wrong with it as `cause`;
 * the other codes are also the reasons with which the request's `AbortSignal` is aborted.
 */
export class RequestError extends TypedError<Details> {
  static override readonly brand: string = 'RequestError';
  override readonly name = 'RequestError';
  readonly agent: string;

  constructor(code: RequestErrorCode, agent: string, options?: ErrorOptions) {
    const { cause } = options ?? {};
    super(messages, { code, agent, reason: cause instanceof Error ? cause.message : null }, options);
    this.agent = agent;
  }
}
