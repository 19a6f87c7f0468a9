import type { AnyMachineSnapshot } from 'xstate';
import type { AgentLifecycleEventType } from '../../machines/agent-lifecycle.types.js';
import type { LifecycleChart } from './lifecycle-chart.js';

/** The events that some state of the chart takes by name, not by its wildcard, in a snapshot. */
export function acceptedEvents(
  chart: LifecycleChart,
  snapshot: AnyMachineSnapshot,
): readonly AgentLifecycleEventType[] {
  return chart.events.filter((type) =>
    snapshot.machine
      .getTransitionData(snapshot, { type })
      .some((transition: { eventType: string }) => transition.eventType !== '*'),
  );
}
