import type { AgentId } from '../src/values/agent-id.js';
import type { AgentName } from '../src/values/agent-name.js';
import type { AgentVersion } from '../src/values/agent-version.js';
import type { DrainTimeout } from '../src/values/drain-timeout.js';
import type { FailureReason } from '../src/values/failure-reason.js';
import type { PendingRequestCount } from '../src/values/pending-request-count.js';
import type { StateTransitionError } from '../src/values/state-transition-error.js';
import type { TransitionTimeout } from '../src/values/transition-timeout.js';
import type { VersionNumber } from '../src/values/version-number.js';
import type { AgentFinalState, AgentLifecycleState, AgentOperation } from '../src/values/lifecycle-states.js';

/** What an agent is, whatever state it is in. */
export interface AgentIdentity {
  readonly agentId: AgentId;
  readonly agentName: AgentName | null;
  readonly version: AgentVersion;
  readonly versionNumber: VersionNumber;
}

/**
 * The input of the machine and of `AgentLifecycle.create`. Each field is checked when it is used: one that is
 * out of range, or no UUID, is refused with an `InvalidValueError`.
 */
export interface AgentLifecycleInput {
  readonly agentId: string;
  readonly agentName?: string | null | undefined;
  readonly version: string;
  readonly versionNumber: number;
  /** Milliseconds, 1 000 to 300 000; 30 000 by default. */
  readonly transitionTimeout?: number | undefined;
  /** Milliseconds, 5 000 to 600 000; 60 000 by default. */
  readonly drainTimeout?: number | undefined;
}

/** The seed's record but for its current state, which is the chart's own. JSON only. */
export interface AgentLifecycleContext extends AgentIdentity {
  readonly previousState: AgentLifecycleState | null;
  readonly transitionTimeout: TransitionTimeout;
  readonly drainTimeout: DrainTimeout;
  readonly pendingRequests: PendingRequestCount;
  readonly failureReason: FailureReason | null;
  /** The operation in flight. */
  readonly operation: AgentOperation | null;
  /** Whether the agent is stopped without waiting for its requests. */
  readonly forced: boolean;
}

/** What the actor of an operation is told. */
export interface AgentOperationInput extends AgentIdentity {
  readonly operation: AgentOperation;
  /** Whether requests may still be in flight that nobody waits for. */
  readonly forced: boolean;
  /** From 2 where the lifecycle was restored while this operation was in flight; absent at the first attempt. */
  readonly attempt?: number;
}

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

export type AgentLifecycleTag = AgentLifecycleState | 'accepting' | 'transitioning' | 'active' | 'terminal';
