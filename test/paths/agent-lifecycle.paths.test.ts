import { afterAll, describe, expect, it } from '@jest/globals';
import type { SnapshotFrom } from 'xstate';
import {
  AGENT_LIFECYCLE_STATES,
  AgentLifecycle,
  type agentLifecycleMachine,
  type AgentLifecycleEmitted,
} from '../../src/index.js';
import { AGENT_ID, LifecycleRig, VERSION } from '../lifecycle-rig.js';
import {
  expected,
  INITIAL_VIEW,
  LEAF_NAMES,
  pendingIn,
  SEED_TRANSITIONS,
  topOf,
  type Stimulus,
  type LifecycleView,
} from '../oracle.js';
import { statePath } from '../../src/chart/state-path.js';
import { CHART_EVENTS, CHART_LEAVES, lifecyclePairs, type Pair } from './lifecycle-pairs.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

const TRANSITION_TIMEOUT = 30_000;
const DRAIN_TIMEOUT = 60_000;

const CAPACITIES = [10_000, 1, 2];

const pairs = CAPACITIES.flatMap(lifecyclePairs);
const covered = new Set<string>();
const demanded = CAPACITIES.flatMap((capacity) =>
  CHART_LEAVES.flatMap((leaf) =>
    CHART_EVENTS.flatMap((eventType) =>
      pendingIn(leaf, capacity).map((pending) => keyOf({ capacity, leaf, pending, eventType })),
    ),
  ),
);

describe('every (leaf state, event) pair of the chart', () => {
  for (const pair of pairs) {
    const title = [...pair.path, pair.stimulus].map(nameOf).join(' → ');
    it(`in ${pair.leaf} with ${pair.pending} of ${pair.capacity} pending: ${title}`, async () => {
      await runPair(pair);
      covered.add(keyOf(pair));
    });
  }

  it('has the leaves of the contract and no others', () => {
    expect([...CHART_LEAVES].sort()).toEqual([...LEAF_NAMES].sort());
  });

  it('is covered', () => {
    expect(demanded.filter((pair) => !covered.has(pair))).toEqual([]);
  });

  afterAll(() => {
    const atLeastOnce = new Set(pairs.map(({ leaf, eventType }) => `${leaf} ${eventType}`));
    process.stdout.write(
      `Path coverage: ${atLeastOnce.size} of ${CHART_LEAVES.length * CHART_EVENTS.length} (leaf state, event) pairs; ` +
        `${covered.size} of ${demanded.length} with no and with some requests pending, for each of the capacities\n`,
    );
  });
});

describe('the record and the walked chart', () => {
  const walked = new Map(
    pairs.map((pair) => [`${topOf(pair.leaf)} → ${topOf(statePath(pair.next.value))}`, pair] as const),
  );
  const inState = new Map(pairs.map((pair) => [topOf(statePath(pair.next.value)), pair.next] as const));
  const all = AGENT_LIFECYCLE_STATES.flatMap((from) => AGENT_LIFECYCLE_STATES.map((to) => ({ from, to })));

  it.each(all)('agree on $from → $to', ({ from, to }) => {
    const record = AgentLifecycle.fromSnapshot(inState.get(from) as Snapshot);
    const isStep = from !== to && walked.has(`${from} → ${to}`);
    expect([record.currentState, isStep]).toEqual([from, SEED_TRANSITIONS[from].includes(to)]);
    if (isStep) expect(record.transitionTo(to).currentState).toBe(to);
    else
      expect(() => record.transitionTo(to)).toThrow(
        expect.objectContaining({ code: 'InvalidTransition', from, to }),
      );
  });
});

function keyOf({ capacity, leaf, pending, eventType }: Omit<Pair, 'path' | 'stimulus' | 'next'>): string {
  return `${leaf} with ${pending} of ${capacity} pending, ${eventType}`;
}

async function runPair(pair: Pair): Promise<void> {
  const { capacity } = pair;
  const settings = { transitionTimeout: TRANSITION_TIMEOUT, capacity };
  const rig = new LifecycleRig({ capacity });
  let view = INITIAL_VIEW;
  for (const stimulus of pair.path) {
    view = expected(view, stimulus, settings).view;
    await apply(rig, stimulus);
  }
  expect(viewOf(rig.snapshot)).toEqual(view);
  const operationBefore = rig.snapshot.context.operation;
  const invocation = rig.invocations.at(-1);
  rig.emitted.length = 0;

  await apply(rig, pair.stimulus);

  const expectation = expected(view, pair.stimulus, settings);
  expect(viewOf(rig.snapshot)).toEqual(expectation.view);
  expect(rig.snapshot.context).toEqual({ ...contextOf(expectation.view), capacity });
  expect(rig.emitted.map(told)).toEqual([
    ...expectation.transitions.map((transition) => ({ type: 'lifecycle.transitioned', ...transition })),
    ...(expectation.refusal === null ? [] : [{ type: 'lifecycle.rejected', ...expectation.refusal }]),
  ]);
  for (const { event } of rig.emitted) expect(event.type).toBe(pair.eventType);
  // The pure chart, which @xstate/graph walked, and the actor say the same.
  expect([pair.next.value, pair.next.context]).toEqual([rig.snapshot.value, rig.snapshot.context]);
  if (operationBefore !== null && pair.stimulus.kind !== 'done' && pair.stimulus.kind !== 'error') {
    expect(invocation?.signal.aborted).toBe(statePath(rig.snapshot.value) !== pair.leaf);
  }
}

function viewOf(snapshot: Snapshot): LifecycleView {
  const { operation, previousState, pendingRequests, failureReason, forced } = snapshot.context;
  return {
    leaf: statePath(snapshot.value),
    operation,
    previousState,
    pendingRequests,
    failureReason,
    forced,
  };
}

function contextOf({ leaf: _, ...seen }: LifecycleView): object {
  return {
    agentId: AGENT_ID,
    agentName: 'test-agent',
    version: VERSION,
    versionNumber: 1,
    transitionTimeout: TRANSITION_TIMEOUT,
    drainTimeout: DRAIN_TIMEOUT,
    ...seen,
  };
}

/** What is emitted, but for the event, which is compared on its own. */
function told(emitted: AgentLifecycleEmitted): object {
  if (emitted.type === 'lifecycle.transitioned') {
    const { type, from, to } = emitted;
    return { type, from, to };
  }
  const { message, ...error } = emitted.error.toJSON();
  expect(message).toBe(emitted.error.message);
  return { type: emitted.type, error, accepts: [...emitted.accepts].sort() };
}

async function apply(rig: LifecycleRig, stimulus: Stimulus): Promise<void> {
  const { operation } = rig.snapshot.context;
  const leaf = statePath(rig.snapshot.value);
  switch (stimulus.kind) {
    case 'host':
      rig.send(stimulus);
      return;
    case 'done':
      if (operation === stimulus.operation) await rig.finish(operation);
      else rig.send({ type: `xstate.done.actor.${stimulus.operation}` });
      return;
    case 'error': {
      const error = new Error(stimulus.message);
      if (operation === stimulus.operation) await rig.break(operation, error);
      else rig.send({ type: `xstate.error.actor.${stimulus.operation}`, error });
      return;
    }
    case 'transitionTimeout':
      if (leaf === stimulus.leaf) rig.clock.increment(TRANSITION_TIMEOUT);
      else rig.send({ type: `xstate.after.transitionTimeout.agentLifecycle.${stimulus.leaf}` });
      return;
    case 'drainTimeout':
      if (leaf === 'draining.awaitingRequests') rig.clock.increment(DRAIN_TIMEOUT);
      else rig.send({ type: 'xstate.after.drainTimeout.agentLifecycle.draining.awaitingRequests' });
      return;
  }
}

function nameOf(stimulus: Stimulus): string {
  switch (stimulus.kind) {
    case 'host':
      return stimulus.type;
    case 'done':
      return `${stimulus.operation} done`;
    case 'error':
      return `${stimulus.operation} error`;
    case 'transitionTimeout':
      return `transition timeout of ${stimulus.leaf}`;
    case 'drainTimeout':
      return 'drain timeout';
  }
}
