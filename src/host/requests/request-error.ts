const messages = {
  RequestFailed: 'The agent failed the request',
  AnswerNotJson: 'The answer of the agent is no JSON',
  DrainTimeoutExceeded: 'The request did not end before the drain timeout',
  AgentStopped: 'The agent was stopped before the request ended',
  AgentFailed: 'The agent failed before the request ended',
  AgentCordoned: 'The agent is cordoned: it accepts nothing until it is uncordoned',
};

export type RequestErrorCode = keyof typeof messages;

/**
 * Why a request that had been accepted has no answer. `RequestFailed` carries what the driver threw as `cause`;
 * `AgentCordoned` comes before it is accepted; `AnswerNotJson` comes over HTTP alone, for an answer that JSON does not
 * carry as it is, with what is wrong with it as `cause`;
 * the other codes are also the reasons with which the request's `AbortSignal` is aborted.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestErrorCode;
  readonly agent: string;

  constructor(code: RequestErrorCode, agent: string, options?: ErrorOptions) {
    const { cause } = options ?? {};
    super(cause instanceof Error ? `${messages[code]}: ${cause.message}` : messages[code], options);
    this.code = code;
    this.agent = agent;
  }
}
