import type { SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../values/lifecycle-states.js';
import type { AgentIdentity, AgentLifecycleInput } from '../values/agent-lifecycle-input.js';
import { AgentId } from '../values/agent-id.js';
import { parseAgentLifecycleInput } from '../values/agent-lifecycle-input.js';
import { canTransitionTo } from '../chart/state-predicates.js';
import { AgentName } from '../values/agent-name.js';
import { AgentVersion } from '../values/agent-version.js';
import { DrainTimeout } from '../values/drain-timeout.js';
import { FailureReason } from '../values/failure-reason.js';
import { PendingRequestCount } from '../values/pending-request-count.js';
import { nullable, recordType } from './record-type.js';
import { StateJSON } from './state-json.js';
import { StateTransitionError } from '../values/state-transition-error.js';
import { topState } from '../chart/state-path.js';
import { TransitionTimeout } from '../values/transition-timeout.js';
import { VersionNumber } from '../values/version-number.js';

/** The fields of the record. */
export interface AgentLifecycleFields extends AgentIdentity {
  readonly currentState: AgentLifecycleState;
  readonly previousState: AgentLifecycleState | null;
  readonly transitionTimeout: TransitionTimeout;
  readonly drainTimeout: DrainTimeout;
  readonly pendingRequests: PendingRequestCount;
  readonly failureReason: FailureReason | null;
}

/** The JSON that serde writes for Caxton's `AgentLifecycle`. */
export interface AgentLifecycleJSON {
  readonly agent_id: string;
  readonly agent_name: string | null;
  readonly version: string;
  readonly version_number: number;
  readonly current_state: StateJSON;
  readonly previous_state: StateJSON | null;
  readonly transition_timeout: number;
  readonly drain_timeout: number;
  readonly pending_requests: number;
  readonly failure_reason: string | null;
}

const recordJSON = recordType<AgentLifecycleFields, AgentLifecycleJSON>('AgentLifecycle', {
  agentId: AgentId,
  agentName: nullable(AgentName),
  version: AgentVersion,
  versionNumber: VersionNumber,
  currentState: StateJSON,
  previousState: nullable(StateJSON),
  transitionTimeout: TransitionTimeout,
  drainTimeout: DrainTimeout,
  pendingRequests: PendingRequestCount,
  failureReason: nullable(FailureReason),
});

/**
 * The record of an agent's lifecycle, with the rules of Caxton's `AgentLifecycle` (https://docs.rs/caxton). It is immutable: a command returns the next
 * record and leaves this one as it was; one that is refused throws a `StateTransitionError`.
 */
export class AgentLifecycle implements AgentLifecycleFields {
  readonly agentId!: AgentId;
  readonly agentName!: AgentName | null;
  readonly version!: AgentVersion;
  readonly versionNumber!: VersionNumber;
  readonly currentState!: AgentLifecycleState;
  readonly previousState!: AgentLifecycleState | null;
  /** Milliseconds. */
  readonly transitionTimeout!: TransitionTimeout;
  /** Milliseconds. */
  readonly drainTimeout!: DrainTimeout;
  readonly pendingRequests!: PendingRequestCount;
  readonly failureReason!: FailureReason | null;

  private constructor(fields: AgentLifecycleFields) {
    Object.assign(this, fields);
    Object.freeze(this);
  }

  /**
   * A new agent, unloaded.
   *
   * @throws {InvalidValueError} for the first field that is not what it should be.
   */
  static create(input: AgentLifecycleInput): AgentLifecycle {
    const parsed = parseAgentLifecycleInput(input);
    // Spread, it would be twenty times as slow.
    return new AgentLifecycle({
      agentId: parsed.agentId,
      agentName: parsed.agentName,
      version: parsed.version,
      versionNumber: parsed.versionNumber,
      currentState: 'unloaded',
      previousState: null,
      transitionTimeout: parsed.transitionTimeout,
      drainTimeout: parsed.drainTimeout,
      pendingRequests: PendingRequestCount.zero,
      failureReason: null,
    });
  }

  /**
   * The record of a running actor.
   *
   * @throws the error of a snapshot in status `error`: a lifecycle that was refused has no record.
   */
  static fromSnapshot(snapshot: SnapshotFrom<typeof agentLifecycleMachine>): AgentLifecycle {
    if (snapshot.status === 'error') throw snapshot.error;
    const { context } = snapshot;
    return new AgentLifecycle({
      agentId: context.agentId,
      agentName: context.agentName,
      version: context.version,
      versionNumber: context.versionNumber,
      currentState: topState(snapshot.value),
      previousState: context.previousState,
      transitionTimeout: context.transitionTimeout,
      drainTimeout: context.drainTimeout,
      pendingRequests: context.pendingRequests,
      failureReason: context.failureReason,
    });
  }

  /**
   * Reads serde's form of the record.
   *
   * @throws {InvalidValueError} whose `field` is the path of the bad field. Nothing is guessed.
   */
  static fromJSON(value: unknown): AgentLifecycle {
    return new AgentLifecycle(recordJSON.fromJSON(value));
  }

  /**
   * @param reason replaces the failure reason, which is null where none is given
   * @throws {StateTransitionError} `InvalidTransition`, also when the agent is in that state already.
   */
  transitionTo(state: AgentLifecycleState, reason: FailureReason | null = null): AgentLifecycle {
    if (!canTransitionTo(this.currentState, state)) {
      throw new StateTransitionError({ code: 'InvalidTransition', from: this.currentState, to: state });
    }
    return this.#with({
      previousState: this.currentState,
      currentState: state,
      failureReason: reason === null ? null : FailureReason.parse(reason),
    });
  }

  /** The record of an agent that has started. */
  start(): AgentLifecycle {
    return this.transitionTo('running');
  }

  /** The record of an agent that drains. */
  startDraining(): AgentLifecycle {
    return this.transitionTo('draining');
  }

  /** The record of an agent that has stopped. */
  stop(): AgentLifecycle {
    return this.transitionTo('stopped');
  }

  /** The record of an agent that has failed. */
  fail(reason: FailureReason): AgentLifecycle {
    return this.transitionTo('failed', FailureReason.parse(reason));
  }

  /** @throws {StateTransitionError} `TooManyPendingRequests` at 10 000. */
  addPendingRequest(): AgentLifecycle {
    if (this.pendingRequests >= PendingRequestCount.max) {
      throw new StateTransitionError({ code: 'TooManyPendingRequests', current: this.pendingRequests });
    }
    return this.#with({ pendingRequests: PendingRequestCount.increment(this.pendingRequests) });
  }

  /** Stops at 0. */
  completeRequest(): AgentLifecycle {
    return this.#with({ pendingRequests: PendingRequestCount.decrement(this.pendingRequests) });
  }

  /** Whether it drains, and no request is pending. */
  isReadyToStop(): boolean {
    return this.currentState === 'draining' && !PendingRequestCount.hasPending(this.pendingRequests);
  }

  /** Milliseconds that the current state may last: the drain timeout while draining, else the transition's. */
  timeoutForState(): TransitionTimeout | DrainTimeout {
    return this.currentState === 'draining' ? this.drainTimeout : this.transitionTimeout;
  }

  /** The record as serde writes it. */
  toJSON(): AgentLifecycleJSON {
    return recordJSON.toJSON(this);
  }

  #with(changes: Partial<AgentLifecycleFields>): AgentLifecycle {
    return new AgentLifecycle({ ...(this as AgentLifecycleFields), ...changes });
  }
}
