import type { SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import { topStateOf } from '../chart/top-state.js';
import type { LifecycleView } from './lifecycle-step.js';

/** What the kit compares of a lifecycle. */
export function viewOf({ value, context }: SnapshotFrom<typeof agentLifecycleMachine>): LifecycleView {
  const { operation, previousState, pendingRequests, failureReason } = context;
  return { state: topStateOf(value), operation, previousState, pendingRequests, failureReason };
}
