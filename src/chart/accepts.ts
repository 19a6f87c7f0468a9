import type { SnapshotFrom } from 'xstate';
import { agentLifecycleChart, type agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleEventType } from '../../machines/agent-lifecycle.types.js';

/**
 * The events that a lifecycle would take now, guards included; none once it has ended.
 *
 * `snapshot.can(event)` is no substitute: the chart answers every event, if only by refusing it, so `can` is
 * true of all of them.
 */
export function accepts(
  snapshot: SnapshotFrom<typeof agentLifecycleMachine>,
): readonly AgentLifecycleEventType[] {
  if (snapshot.status !== 'active') return [];
  return agentLifecycleChart.events.filter((type) =>
    snapshot.machine.getTransitionData(snapshot, { type }).some(({ eventType }) => eventType !== '*'),
  );
}
