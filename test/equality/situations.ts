import type { SnapshotFrom } from 'xstate';
import {
  agentLifecycleMachine,
  PendingRequestCount,
  type AgentLifecycleContext,
  type AgentLifecycleEvent,
} from '../../src/index.js';
import { statePath } from '../../src/chart/state-path.js';
import { walk } from '../../src/testing/paths/lifecycle-graph.js';
import { CHART_EVENTS } from '../paths/lifecycle-pairs.js';

/** Where an event finds a lifecycle. */
export interface Situation {
  readonly leaf: string;
  readonly value: SnapshotFrom<typeof agentLifecycleMachine>['value'];
  readonly context: AgentLifecycleContext;
}

/** Each event that the chart names, those of XState among them, and one that it does not. */
export const EVENTS: readonly AgentLifecycleEvent[] = CHART_EVENTS.map(eventOf);

/** The numbers of pending requests with which most bugs show: they are tried first. */
const BOUNDARIES = new Set([0, 1, 2, PendingRequestCount.max - 1, PendingRequestCount.max]);
/** The capacities of the agents. */
const CAPACITIES = [1, 2, PendingRequestCount.max];

/**
 * Every leaf that takes events, with every number of requests that can be pending in it, for agents of each capacity;
 * the boundaries first.
 */
export function* situations(): Generator<Situation> {
  for (const capacity of CAPACITIES) yield* situationsOf(capacity);
}

function* situationsOf(capacity: number): Generator<Situation> {
  const leaves = [...leavesWithPending(2, capacity)];
  const counts = Array.from({ length: capacity + 1 }, (_, count) => count);
  for (const isFirst of [true, false]) {
    for (const [leaf, { snapshot, pending }] of leaves) {
      const { value, context } = snapshot;
      for (const count of counts) {
        const isReached = count <= 2 ? pending.has(count) : pending.has(2);
        if (!isReached || BOUNDARIES.has(count) !== isFirst) continue;
        yield { leaf, value, context: { ...context, pendingRequests: PendingRequestCount.parse(count) } };
      }
    }
  }
}

/** The leaves that the chart reaches, each with the numbers of pending requests, up to `most`, that it has there. */
function leavesWithPending(most: number, capacity: number) {
  const leaves = new Map<
    string,
    { snapshot: SnapshotFrom<typeof agentLifecycleMachine>; pending: Set<number> }
  >();
  const paths = walk({
    capacity,
    events: ({ context }) =>
      EVENTS.filter(({ type }) => type !== 'request.accept' || context.pendingRequests < most),
    serializeState: ({ value, context }) => JSON.stringify([value, context.pendingRequests]),
  });
  for (const { state } of paths) {
    if (state.status !== 'active') continue;
    const leaf = statePath(state.value);
    const known = leaves.get(leaf) ?? { snapshot: state, pending: new Set() };
    leaves.set(leaf, known);
    known.pending.add(state.context.pendingRequests);
  }
  return leaves;
}

function eventOf(type: string): AgentLifecycleEvent {
  const event: Record<string, unknown> = { type };
  if (type === 'agent.fail') event['reason'] = 'told to';
  if (type.startsWith('xstate.error.')) event['error'] = new Error('boom');
  return event as unknown as AgentLifecycleEvent;
}
