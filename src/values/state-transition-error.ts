import type { AgentLifecycleState, AgentOperation } from './lifecycle-states.js';
import type { DetailOf, MessagesOf } from './detailed-error.js';

interface Details {
  // The seed's.
  InvalidTransition: { readonly from: AgentLifecycleState; readonly to: AgentLifecycleState };
  TooManyPendingRequests: { readonly current: number };
  TerminalState: { readonly state: AgentLifecycleState };
  TimeoutExceeded: { readonly timeoutMs: number };
  AlreadyInState: { readonly state: AgentLifecycleState };
  // This package's own.
  UnknownEvent: { readonly type: string };
  NotAcceptingRequests: { readonly state: AgentLifecycleState };
  TransitionInProgress: { readonly state: AgentLifecycleState; readonly to: AgentLifecycleState };
  OperationCancelled: { readonly operation: AgentOperation };
  OperationFailed: { readonly operation: AgentOperation; readonly reason: string };
}

const messages: MessagesOf<Details> = {
  InvalidTransition: ({ from, to }) => `Invalid state transition from ${from} to ${to}`,
  TooManyPendingRequests: ({ current }) => `Too many pending requests: ${current}`,
  TerminalState: ({ state }) => `Agent is in terminal state: ${state}`,
  TimeoutExceeded: ({ timeoutMs }) => `Transition timeout exceeded: ${timeoutMs}ms`,
  AlreadyInState: ({ state }) => `Agent already in target state: ${state}`,
  UnknownEvent: ({ type }) => `Unknown lifecycle event: ${type}`,
  NotAcceptingRequests: ({ state }) => `Agent is not accepting requests in state: ${state}`,
  TransitionInProgress: ({ state, to }) => `Agent is already in transition from ${state} to ${to}`,
  OperationCancelled: ({ operation }) => `Operation cancelled: ${operation}`,
  OperationFailed: ({ operation, reason }) => `Operation failed: ${operation}: ${reason}`,
};

export type StateTransitionErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type StateTransitionErrorDetail = DetailOf<Details>;

/**
 * A step of the lifecycle that was refused or did not succeed. `code` says which kind; the fields of that
 * kind stand beside it on the error, so `switch (error.code)` narrows to them.
 */
export type StateTransitionError = Error &
  StateTransitionErrorDetail & {
    toJSON(): StateTransitionErrorDetail & { readonly message: string };
  };

class StateTransitionErrorClass extends Error {
  override readonly name = 'StateTransitionError';
  readonly #detail: StateTransitionErrorDetail;

  constructor(detail: StateTransitionErrorDetail, options?: ErrorOptions) {
    const message = messages[detail.code] as (detail: StateTransitionErrorDetail) => string;
    super(message(detail), options);
    this.#detail = detail;
    Object.assign(this, detail);
  }

  toJSON() {
    return { ...this.#detail, message: this.message };
  }
}
Object.defineProperty(StateTransitionErrorClass, 'name', { value: 'StateTransitionError' });

export const StateTransitionError = StateTransitionErrorClass as unknown as new (
  detail: StateTransitionErrorDetail,
  options?: ErrorOptions,
) => StateTransitionError;
