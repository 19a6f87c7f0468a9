import type { AgentLifecycleState, AgentOperation } from './lifecycle-states.js';
import { TypedError, type DetailOf, type MessagesOf } from './typed-error.js';

interface Details {
  // Those of Caxton's `StateTransitionError`.
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

/** Which kind of error it is. */
export type StateTransitionErrorCode = keyof Details;

/** A code with the fields that belong to it. */
export type StateTransitionErrorDetail = DetailOf<Details>;

/**
 * A step of the lifecycle that was refused or did not succeed. `code` says which kind; the fields of that
 * kind stand beside it on the error, so `switch (error.code)` narrows to them.
 */
export type StateTransitionError = Error &
  StateTransitionErrorDetail & {
    /** The fields of its code, and its message. */
    toJSON(): StateTransitionErrorDetail & { readonly message: string };
  };

class StateTransitionErrorClass extends TypedError<Details> {
  static override readonly brand: string = 'StateTransitionError';
  override readonly name = 'StateTransitionError';

  constructor(detail: StateTransitionErrorDetail, options?: ErrorOptions) {
    super(messages, detail, options);
    // The fields stand beside the code: the detail does not repeat them where the error is spread or printed.
    Object.defineProperty(this, 'detail', { enumerable: false });
    Object.assign(this, detail);
  }

  toJSON() {
    return { ...this.detail, message: this.message };
  }
}
Object.defineProperty(StateTransitionErrorClass, 'name', { value: 'StateTransitionError' });

/** Creates the error of a code and its fields. */
export const StateTransitionError = StateTransitionErrorClass as unknown as new (
  detail: StateTransitionErrorDetail,
  options?: ErrorOptions,
) => StateTransitionError;
