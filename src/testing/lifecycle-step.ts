import type { AgentLifecycleState, AgentOperation } from '../values/lifecycle-states.js';

/** An event as a host sends it. Types that no chart knows are among them. */
export interface HostEvent {
  readonly type: string;
  readonly reason?: string;
}

/** How an operation ends. */
export type OperationOutcome =
  { readonly type: 'done' } | { readonly type: 'error'; readonly message: string };

/** One thing that happens to a lifecycle. */
export type LifecycleStep =
  | { readonly do: 'send'; readonly event: HostEvent }
  /** Without effect when the operation is not in flight. */
  | { readonly do: 'settle'; readonly operation: AgentOperation; readonly outcome: OperationOutcome }
  /** Time passes; deadlines fire in their order, each at its own moment. */
  | { readonly do: 'advance'; readonly ms: number };

/** All that is compared of a lifecycle. */
export interface LifecycleView {
  readonly state: AgentLifecycleState;
  /** The operation in flight. */
  readonly operation: AgentOperation | null;
  readonly previousState: AgentLifecycleState | null;
  readonly pendingRequests: number;
  readonly failureReason: string | null;
}

/** Whether an event was taken, and the code of the refusal if it was not. */
export interface SendResult {
  readonly accepted: boolean;
  readonly code: string | null;
}

/** What must hold after a step. */
export interface StepResult extends SendResult {
  readonly view: LifecycleView;
}

export const ACCEPTED: SendResult = { accepted: true, code: null };

/** Names a step as the names of paths do. */
export function stepName(step: LifecycleStep): string {
  switch (step.do) {
    case 'send':
      return step.event.type === 'agent.fail' && step.event.reason === undefined
        ? 'agent.fail without a reason'
        : step.event.type;
    case 'settle':
      return `${step.operation} ${step.outcome.type}`;
    case 'advance':
      return `${step.ms} ms`;
  }
}
