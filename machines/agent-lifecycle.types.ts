import type { AgentIdentity, AgentLifecycleInput } from '../src/values/agent-lifecycle-input.js';
import type { Capacity } from '../src/values/capacity.js';
import type { DrainTimeout } from '../src/values/drain-timeout.js';
import type { FailureReason } from '../src/values/failure-reason.js';
import type { PendingRequestCount } from '../src/values/pending-request-count.js';
import type { StateTransitionError } from '../src/values/state-transition-error.js';
import type { TransitionTimeout } from '../src/values/transition-timeout.js';
import type { AgentFinalState, AgentLifecycleState, AgentOperation } from '../src/values/lifecycle-states.js';

/** The input of the machine. Each field is checked when the actor is created; a bad one is an `InvalidValueError`. */
export interface AgentLifecycleMachineInput extends AgentLifecycleInput {
  /** How many requests may be pending at once, 1 to 10 000; 10 000 by default. */
  readonly capacity?: number | undefined;
}

/** The agent's record without its current state, which is the chart's, and the capacity. JSON only. */
export interface AgentLifecycleContext extends AgentIdentity {
  readonly previousState: AgentLifecycleState | null;
  readonly transitionTimeout: TransitionTimeout;
  readonly drainTimeout: DrainTimeout;
  /** How many requests may be pending at once. */
  readonly capacity: Capacity;
  readonly pendingRequests: PendingRequestCount;
  readonly failureReason: FailureReason | null;
  /** The operation in flight. */
  readonly operation: AgentOperation | null;
  /** Whether the agent is stopped without waiting for its requests. */
  readonly forced: boolean;
}

/** The input of an operation's actor. */
export interface AgentOperationInput extends AgentIdentity {
  readonly operation: AgentOperation;
  /** Whether requests may still be in flight whose callers no longer wait. */
  readonly forced: boolean;
  /** From 2 where the lifecycle was restored while this operation was in flight; absent at the first attempt. */
  readonly attempt?: number;
}

/** What can be sent to an agent. */
export type AgentLifecycleEvent =
  | { readonly type: 'agent.load' }
  | { readonly type: 'agent.instantiate' }
  | { readonly type: 'agent.start' }
  | { readonly type: 'agent.drain' }
  | { readonly type: 'agent.stop' }
  | { readonly type: 'agent.unload' }
  /** A string, or an Error's message, is the reason; anything else is `Unknown failure`. */
  | { readonly type: 'agent.fail'; readonly reason?: unknown }
  | { readonly type: 'request.accept' }
  | { readonly type: 'request.complete' };

/** The `type` of each event. */
export type AgentLifecycleEventType = AgentLifecycleEvent['type'];

/** Emitted for each change of the top state. `event` is what caused it: a host's event, or one of XState's own. */
export interface LifecycleTransitioned {
  readonly type: 'lifecycle.transitioned';
  readonly from: AgentLifecycleState;
  readonly to: AgentLifecycleState;
  readonly event: { readonly type: string };
}

/** Emitted for each event that the current state does not take. */
export interface LifecycleRejected {
  readonly type: 'lifecycle.rejected';
  readonly event: { readonly type: string };
  readonly error: StateTransitionError;
  /** The events that would be taken now. */
  readonly accepts: readonly AgentLifecycleEventType[];
}

/** What an agent emits. */
export type AgentLifecycleEmitted = LifecycleTransitioned | LifecycleRejected;

/** How the lifecycle ended. */
export interface AgentLifecycleOutput {
  readonly state: AgentFinalState;
  readonly failureReason: FailureReason | null;
  /** Requests still pending when the agent ended. */
  readonly abandonedRequests: number;
  /** True after a drain timeout, a stop while draining, or a stop while running with requests pending. */
  readonly forced: boolean;
}

/** The tags of its states: the name of each, and the groups to which it belongs. */
export type AgentLifecycleTag = AgentLifecycleState | 'accepting' | 'transitioning' | 'active' | 'terminal';
