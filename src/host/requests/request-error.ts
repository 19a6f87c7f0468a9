import type { JsonValue } from '../../values/json-value.js';
import { causedBy } from '../../values/caused-by.js';
import { TypedError, type MessagesOf } from '../../values/typed-error.js';

const titles = {
  TooManyRequests: 'The agent has as many requests as it takes, and as many wait',
  NotAcceptingRequests: 'The agent accepts no requests',
  AgentCordoned: 'The agent is cordoned: it accepts nothing until it is uncordoned',
  RequestFailed: 'The agent failed the request',
  AnswerNotJson: 'The answer of the agent is no JSON',
  RequestTimedOut: 'The agent gave no sign of life in time',
  MaxDurationExceeded: 'The request took longer than it may',
  ReaderTooSlow: 'The reader of the answer is too slow',
  HandedOver: 'The agent handed the request over: call again with its token as `resume`',
  DrainTimeoutExceeded: 'The request did not end before the drain timeout',
  AgentStopped: 'The agent was stopped before the request ended',
  AgentFailed: 'The agent failed before the request ended',
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

/** The options of a {@link RequestError}. */
export interface RequestErrorOptions extends ErrorOptions {
  /** What the agent handed over. */
  readonly token?: JsonValue | undefined;
}

/**
 * Why a request has no answer. `code` says which kind it is:
 *
 * - `TooManyRequests`, `NotAcceptingRequests`: the agent did not take it; the chart's refusal is the `cause`.
 * - `RequestFailed`: what the driver threw is the `cause`.
 * - `HandedOver`: the agent handed it over; `token` is what to call again with, as `resume`. `AgentFailed` has a token
 *   where the next instance failed before it could go on.
 * - `AnswerNotJson`: over HTTP alone, for an answer that JSON does not carry as it is.
 *
 * The codes of requests that were in work are also the reasons with which their `AbortSignal` is aborted.
 */
export class RequestError extends TypedError<Details> {
  static override readonly brand: string = 'RequestError';
  override readonly name = 'RequestError';
  readonly agent: string;
  /** What the agent handed over; undefined where it did not. */
  declare readonly token?: JsonValue;

  constructor(code: RequestErrorCode, agent: string, options: RequestErrorOptions = {}) {
    const { cause, token } = options;
    const reason = cause instanceof Error ? cause.message : null;
    super(messages, { code, agent, reason }, 'cause' in options ? { cause } : undefined);
    this.agent = agent;
    if (token !== undefined) this.token = token;
  }
}

/** Gives the failure of an agent the token with which it was to go on: that is not lost. */
export function withToken(error: unknown, token: JsonValue): unknown {
  const isFailure =
    error instanceof RequestError && error.code === 'AgentFailed' && error.token === undefined;
  if (!isFailure) return error;
  return new RequestError('AgentFailed', error.agent, {
    ...causedBy(error.cause instanceof Error ? error.cause : null),
    token,
  });
}

/** Wraps what a driver threw. An error of its agent's own requests is passed on; that of an agent it asked is a cause. */
export function requestFailed(agent: string, cause: unknown): RequestError {
  return cause instanceof RequestError && cause.agent === agent
    ? cause
    : new RequestError('RequestFailed', agent, { cause });
}
