import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  AgentHostError,
  type AgentHostErrorCode,
  TypedError,
  InvalidValueError,
  type MessagesOf,
  RequestError,
  type RequestErrorCode,
  StateTransitionError,
} from 'xstate-agent-lifecycle';
import { tokenFields } from './resume-token.js';

interface BodyDetails {
  BodyCut: object;
}

const bodyMessages: MessagesOf<BodyDetails> = { BodyCut: () => 'The body of the request is incomplete' };

/** The body of a request is incomplete: its client has left, or was cut. */
export class BodyCutError extends TypedError<BodyDetails> {
  static override readonly brand: string = 'BodyCutError';
  override readonly name = 'BodyCutError';

  constructor(cause: unknown) {
    super(bodyMessages, { code: 'BodyCut' }, { cause });
  }
}

/** What is said of an error: its code, its message, and the fields that belong to it. */
export type ErrorBody = { readonly code: string; readonly message: string } & Readonly<
  Record<string, unknown>
>;

export function errorResponse(
  c: Context,
  status: ContentfulStatusCode,
  error: ErrorBody,
  beside: object = {},
) {
  return c.json({ error, ...beside }, status);
}

const HOST_ERROR_STATUS: Readonly<Record<AgentHostErrorCode, ContentfulStatusCode>> = {
  UnknownAgent: 404,
  UnknownDriver: 422,
  AgentExists: 409,
  HostShutDown: 503,
  UnknownDependency: 422,
  DependencyCycle: 422,
  DependencyDown: 503,
  StartTooSlow: 504,
  VersionNotHigher: 409,
  SwapInProgress: 409,
  SwapAbandoned: 409,
  CandidateFailed: 502,
  AgentLeaving: 409,
  HasDependents: 409,
  NotRunning: 409,
};

/** The answer to a request that failed, by what was thrown; null for what a caller has no part in. */
export async function thrownResponse(c: Context, error: unknown) {
  if (error instanceof AgentHostError) {
    const status = hasRefusedOptions(error.cause) ? 422 : HOST_ERROR_STATUS[error.code];
    return errorResponse(c, status, { ...error.detail, message: error.message });
  }
  // Commands answer their refusals; what is thrown is that of a request, which the agent does not take now.
  if (error instanceof StateTransitionError) {
    const { cause } = error;
    return errorResponse(c, 503, {
      ...error.toJSON(),
      ...(cause instanceof Error && { cause: cause.message }),
    });
  }
  if (error instanceof RequestError) return requestErrorResponse(c, error);
  if (error instanceof InvalidValueError) {
    const { code, message, field, expected, received } = error;
    return errorResponse(c, 422, { code, message, field, expected, received });
  }
  if (error instanceof BodyCutError) {
    return errorResponse(c, 400, { code: error.code, message: error.message });
  }
  // Whatever driver it is of.
  if (hasRefusedOptions(error)) {
    return errorResponse(c, 422, { code: 'InvalidOptions', message: error.message });
  }
  if (error instanceof HTTPException) {
    const response = error.getResponse();
    // Made by the context, it has the headers of all others.
    return c.body(await response.text(), error.status, Object.fromEntries(response.headers));
  }
  return null;
}

function hasRefusedOptions(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'InvalidOptions';
}

const REQUEST_ERROR_STATUS: Readonly<Record<RequestErrorCode, ContentfulStatusCode>> = {
  TooManyRequests: 429,
  NotAcceptingRequests: 503,
  AgentCordoned: 503,
  AgentFailed: 503,
  AgentStopped: 503,
  DrainTimeoutExceeded: 503,
  HandedOver: 503,
  ReaderTooSlow: 503,
  RequestTimedOut: 504,
  MaxDurationExceeded: 504,
  RequestFailed: 502,
  AnswerNotJson: 502,
};

function requestErrorResponse(c: Context, error: RequestError) {
  const { code, agent, cause } = error;
  const status = hasCode(cause, 'InputTooLarge') ? 413 : REQUEST_ERROR_STATUS[code];
  if (status === 429 || status === 503) c.header('retry-after', '1');
  // The chart's refusal says in which state the agent is.
  const refusal = cause instanceof StateTransitionError ? refusalFields(cause) : {};
  const causeCode = code === 'RequestFailed' && hasCode(cause) ? { cause: cause.code } : {};
  return errorResponse(c, status, {
    ...refusal,
    ...causeCode,
    code,
    ...tokenFields(error),
    agent,
  });
}

function refusalFields(refusal: StateTransitionError) {
  const { cause } = refusal;
  return { ...refusal.toJSON(), ...(cause instanceof Error && { cause: cause.message }) };
}

function hasCode(value: unknown, code?: string): value is { readonly code: unknown } {
  if (typeof value !== 'object' || value === null || !('code' in value)) return false;
  return code === undefined || value.code === code;
}

/** The status that fits a command that was refused or failed. */
export function commandErrorStatus(error: StateTransitionError): ContentfulStatusCode {
  switch (error.code) {
    case 'OperationFailed':
      return 502;
    case 'TimeoutExceeded':
      return 504;
    default:
      return 409;
  }
}

/** For the logs of proxies: there is no reader. */
export function goneResponse(c: Context) {
  return errorResponse(c, 400, { code: 'ClientGone', message: 'The client has left' });
}
