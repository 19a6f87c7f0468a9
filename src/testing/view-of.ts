import type { SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import { topState } from '../chart/state-path.js';
import type { LifecycleView } from './lifecycle-step.js';

/** What the kit compares of a lifecycle. */
export function viewOf({ value, context }: SnapshotFrom<typeof agentLifecycleMachine>): LifecycleView {
  const { operation, previousState, pendingRequests, failureReason } = context;
  return { state: topState(value), operation, previousState, pendingRequests, failureReason };
}
