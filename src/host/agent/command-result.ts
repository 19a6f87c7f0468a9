import type { EventObject, SnapshotFrom } from 'xstate';
import {
  agentLifecycleChart,
  type agentLifecycleMachine,
} from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState, AgentOperation } from '../../values/lifecycle-states.js';
import type { AgentLifecycleEventType } from '../../../machines/agent-lifecycle.types.js';
import { causedBy } from '../../values/caused-by.js';
import { LifecycleOperationResult } from '../../record/lifecycle-operation-result.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import { topState } from '../../chart/state-path.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

/** What came of a command. A refusal, a failure and a timeout are answers, too. */
export interface CommandResult {
  readonly result: LifecycleOperationResult;
  readonly error: StateTransitionError | null;
}

/** A command that is given. */
export interface GivenCommand {
  readonly type: AgentLifecycleEventType;
  /** The operation that it begins, if any. */
  readonly operation: AgentOperation | null;
  /** The state in which it found the agent. */
  readonly from: AgentLifecycleState;
}

/** A command as it finds a lifecycle. */
export function commandFor(type: AgentLifecycleEventType, snapshot: Snapshot): GivenCommand {
  const from = topState(snapshot.value);
  const { operation } = snapshot.context;
  return { type, from, operation: agentLifecycleChart.operationBegunBy(type, from, operation) };
}

export function commandResult(
  from: AgentLifecycleState,
  to: AgentLifecycleState,
  error: StateTransitionError | null = null,
): CommandResult {
  return error === null
    ? { result: LifecycleOperationResult.success(from, to), error }
    : { result: LifecycleOperationResult.failure(from, to, error.message), error };
}

/**
 * What has come of a command by now, or null while it is under way.
 *
 * @param cause the event by which the top state last changed
 * @param ownFailure the event by which the driver has told that the agent failed by itself, if it has
 */
export function resultOf(
  command: GivenCommand,
  snapshot: Snapshot,
  cause: EventObject | null,
  ownFailure: EventObject | null = null,
): CommandResult | null {
  const state = topState(snapshot.value);
  const { operation } = snapshot.context;
  if (state === goalOf(command.type) && operation === null) return commandResult(command.from, state);
  if (state === 'failed')
    return commandResult(command.from, state, failure(command, snapshot, cause, ownFailure));
  const underWay = snapshot.status === 'active' && (isDrain(command) || operation === command.operation);
  return underWay ? null : commandResult(command.from, state, cancellation(command, state, null));
}

/** A drain has succeeded when the agent has stopped, not when it has begun to drain. */
function goalOf(type: AgentLifecycleEventType): AgentLifecycleState | null {
  return agentLifecycleChart.targetOf(type === 'agent.drain' ? 'agent.stop' : type);
}

function isDrain(command: GivenCommand): boolean {
  return command.type === 'agent.drain';
}

function failure(
  command: GivenCommand,
  snapshot: Snapshot,
  cause: EventObject | null,
  ownFailure: EventObject | null,
): StateTransitionError {
  const { transitionTimeout, failureReason } = snapshot.context;
  if (cause?.type.startsWith('xstate.after.')) {
    return new StateTransitionError({ code: 'TimeoutExceeded', timeoutMs: transitionTimeout });
  }
  if (cause?.type.startsWith('xstate.error.actor.')) {
    const operation = cause.type.split('.').at(-1) as AgentOperation;
    return operationFailed(operation, failureReason, (cause as EventObject & { error?: unknown }).error);
  }
  // Nobody has cancelled an operation in the middle of which the agent failed.
  if (cause !== null && cause === ownFailure && command.operation !== null) {
    return operationFailed(
      command.operation,
      failureReason,
      (cause as EventObject & { reason?: unknown }).reason,
    );
  }
  return cancellation(command, 'failed', new Error(String(failureReason)));
}

function operationFailed(
  operation: AgentOperation,
  reason: string | null,
  cause: unknown,
): StateTransitionError {
  return new StateTransitionError({ code: 'OperationFailed', operation, reason: String(reason) }, { cause });
}

function cancellation(
  { operation }: GivenCommand,
  state: AgentLifecycleState,
  failure: Error | null,
): StateTransitionError {
  return operation === null
    ? new StateTransitionError({ code: 'TerminalState', state }, causedBy(failure))
    : new StateTransitionError({ code: 'OperationCancelled', operation }, causedBy(failure));
}
