import {
  initialTransition,
  transition,
  type AnyStateNode,
  type EventObject,
  type SnapshotFrom,
} from 'xstate';
import { agentLifecycleMachine, type AgentLifecycleEvent, type AgentOperation } from '../../src/index.js';
import { INPUT } from '../lifecycle-rig.js';
import { statePath } from '../../src/chart/state-path.js';
import { walk } from '../../src/testing/paths/lifecycle-graph.js';
import type { Stimulus } from '../oracle.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

/** One (leaf state, event) pair of the chart, met with some number of requests pending, and how to get there. */
export interface Pair {
  readonly capacity: number;
  readonly leaf: string;
  readonly eventType: string;
  readonly pending: number;
  readonly path: readonly Stimulus[];
  readonly stimulus: Stimulus;
  /** What the pure chart says comes of it. */
  readonly next: Snapshot;
}

/** The number of requests pending with which pairs are met, where the chart allows it. */
const PENDING_COVERED = [0, 2];
/** Stands for every event that the chart does not know. */
const UNKNOWN_EVENT = 'agent.dance';

/** The leaves of the chart, as `running.serving`. */
export const CHART_LEAVES = nodesOf(agentLifecycleMachine.root)
  .filter((node) => Object.keys(node.states).length === 0)
  .map((node) => node.path.join('.'));

/** The events of the chart: a host's, one unknown, and those by which XState reports operations and delays. */
export const CHART_EVENTS = nodesOf(agentLifecycleMachine.root)
  .flatMap((node) => [...node.transitions.keys()])
  .concat(UNKNOWN_EVENT)
  .filter((type, index, all) => type !== '*' && all.indexOf(type) === index);

/** Every pair that an agent of a capacity reaches, by the shortest path to it. */
export function lifecyclePairs(capacity: number): Pair[] {
  const counts = PENDING_COVERED.map((pending) => Math.min(pending, capacity));
  const pairs = new Map<string, Pair>();
  for (const { steps } of shortestPaths(capacity)) {
    const [previous, last] = steps.slice(-2);
    if (previous === undefined || last === undefined) continue;
    const leaf = statePath(previous.state.value);
    const pending = previous.state.context.pendingRequests;
    if (!counts.includes(pending)) continue;
    const stimuli = steps.slice(1).map((step) => stimulusOf(step.event));
    pairs.set([leaf, pending, last.event.type].join(' '), {
      capacity,
      leaf,
      eventType: last.event.type,
      pending,
      path: stimuli.slice(0, -1),
      stimulus: stimulusOf(last.event),
      next: pureSnapshotAfter(
        capacity,
        steps.slice(1).map((step) => step.event),
      ),
    });
  }
  return [...pairs.values()];
}

function shortestPaths(capacity: number) {
  return walk({
    capacity,
    // A counter in the context has no end; beyond three requests nothing new is met.
    events: ({ context }) =>
      CHART_EVENTS.filter((type) => type !== 'request.accept' || context.pendingRequests < 3).map(eventOf),
    // The state alone would cover states; with what led to it, every pair is covered, ignored ones included.
    serializeState: (state, event, previous) =>
      JSON.stringify([
        previous && [previous.value, previous.context.pendingRequests],
        event?.type,
        state.value,
        state.context.pendingRequests,
      ]),
  });
}

/** The paths share snapshots that other paths led to, so what this path leads to is worked out anew. */
function pureSnapshotAfter(capacity: number, events: readonly AgentLifecycleEvent[]): Snapshot {
  const [initial] = initialTransition(agentLifecycleMachine, { ...INPUT, capacity });
  return events.reduce((snapshot, event) => transition(agentLifecycleMachine, snapshot, event)[0], initial);
}

function eventOf(type: string): AgentLifecycleEvent {
  const event: EventObject & Record<string, unknown> = { type };
  if (type === 'agent.fail') event['reason'] = 'told to';
  if (type.startsWith('xstate.error.')) event['error'] = new Error('boom');
  return event as unknown as AgentLifecycleEvent;
}

function stimulusOf(event: EventObject): Stimulus {
  const [, kind, , id] = event.type.split('.');
  if (!event.type.startsWith('xstate.')) {
    return event.type === 'agent.fail'
      ? { kind: 'host', type: event.type, reason: 'told to' }
      : { kind: 'host', type: event.type };
  }
  if (kind === 'done') return { kind: 'done', operation: id as AgentOperation };
  if (kind === 'error') return { kind: 'error', operation: id as AgentOperation, message: 'boom' };
  const [, delay, leaf] = /^xstate\.after\.(\w+)\.agentLifecycle\.(.+)$/.exec(event.type) ?? [];
  return delay === 'drainTimeout'
    ? { kind: 'drainTimeout' }
    : { kind: 'transitionTimeout', leaf: leaf ?? '' };
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values<AnyStateNode>(node.states).flatMap(nodesOf)];
}
