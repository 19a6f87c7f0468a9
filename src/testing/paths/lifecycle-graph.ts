import { getShortestPaths, getSimplePaths } from '@xstate/graph';
import type { AnyStateNode, EventObject, SnapshotFrom } from 'xstate';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleEvent } from '../../../machines/agent-lifecycle.types.js';
import { statePath } from '../../chart/state-path.js';
import { IDENTITY } from '../lifecycle-subject.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

/** A way through the chart: events, among them those by which XState tells of operations and delays. */
export interface GraphPath {
  readonly leaf: string;
  readonly pending: number;
  readonly events: readonly { readonly type: string }[];
}

/** What the walk takes for one situation, and which events it tries there. */
export interface WalkOptions {
  /** How many requests may be pending at once; 10 000 by default. */
  readonly capacity?: number | undefined;
  readonly events: (snapshot: Snapshot) => readonly AgentLifecycleEvent[];
  readonly serializeState: (snapshot: Snapshot, event?: EventObject, previous?: Snapshot) => string;
}

/** The shortest way to each situation of any machine. */
export const shortestPathsIn = getShortestPaths;

/** The shortest way to each situation, as @xstate/graph gives it. */
export function walk({ capacity, ...options }: WalkOptions) {
  return getShortestPaths(agentLifecycleMachine, { input: { ...IDENTITY, capacity }, ...options });
}

/** The shortest way to each leaf of the chart with each number of requests pending, up to `maxPending`. */
export function shortestPaths(maxPending: number, capacity?: number): GraphPath[] {
  return walk({ capacity, ...options(maxPending) }).map(toGraphPath);
}

/** Every way through the chart that comes to no situation twice. */
export function simplePaths(maxPending: number): GraphPath[] {
  return getSimplePaths(agentLifecycleMachine, { input: IDENTITY, ...options(maxPending) }).map(toGraphPath);
}

function options(maxPending: number): Omit<WalkOptions, 'capacity'> {
  return {
    // A counter in the context has no end.
    events: (snapshot: Snapshot) =>
      eventTypesIn(snapshot)
        .filter((type) => type !== 'request.accept' || snapshot.context.pendingRequests < maxPending)
        .map(eventOf),
    serializeState: (snapshot: Snapshot) =>
      JSON.stringify([snapshot.value, snapshot.context.pendingRequests]),
  };
}

/** What the states of a snapshot handle by name. */
function eventTypesIn(snapshot: Snapshot): string[] {
  const nodes = statePath(snapshot.value)
    .split('.')
    .reduce<AnyStateNode[]>((path, key) => {
      const parent = path.at(-1) ?? agentLifecycleMachine.root;
      return [...path, parent.states[key] as AnyStateNode];
    }, []);
  return nodes.flatMap((node) => [...node.transitions.keys()]).filter((type) => type !== '*');
}

function eventOf(type: string): AgentLifecycleEvent {
  const event: EventObject & Record<string, unknown> = { type };
  if (type.startsWith('xstate.error.')) event['error'] = new Error('boom');
  return event as unknown as AgentLifecycleEvent;
}

function toGraphPath(path: { state: Snapshot; steps: readonly { event: EventObject }[] }): GraphPath {
  return {
    leaf: statePath(path.state.value),
    pending: path.state.context.pendingRequests,
    // The first step is the start of the actor.
    events: path.steps.slice(1).map((step) => step.event),
  };
}
