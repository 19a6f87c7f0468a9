import type { AgentOperation } from '../../../machines/agent-lifecycle.states.js';
import type { AgentLifecycle } from '../../domain/agent-lifecycle.js';
import type { LifecycleView } from '../lifecycle-step.js';

/** What the kit compares of a record, with the operation in flight, which the record does not have. */
export function viewOf(record: AgentLifecycle, operation: AgentOperation | null): LifecycleView {
  const { currentState, previousState, pendingRequests, failureReason } = record;
  return { state: currentState, operation, previousState, pendingRequests, failureReason };
}
