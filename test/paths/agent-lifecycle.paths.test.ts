import { afterAll, describe, expect, it } from '@jest/globals';
import type { SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine, AgentLifecycleEmitted } from '../../src/index.js';
import { AGENT_ID, LifecycleRig, VERSION } from '../lifecycle-rig.js';
import { expected, INITIAL_VIEW, LEAF_NAMES, type Happening, type LifecycleView } from '../oracle.js';
import { CHART_EVENTS, CHART_LEAVES, leafOf, lifecyclePairs, type Pair } from './lifecycle-pairs.js';

type Snapshot = SnapshotFrom<typeof agentLifecycleMachine>;

const TRANSITION_TIMEOUT = 30_000;
const DRAIN_TIMEOUT = 60_000;

const pairs = lifecyclePairs();
const covered = new Set<string>();

describe('every (leaf state, event) pair of the chart', () => {
  for (const pair of pairs) {
    const title = [...pair.path, pair.happening].map(nameOf).join(' → ');
    it(`in ${pair.leaf} with ${pair.pending} pending: ${title}`, async () => {
      await runPair(pair);
      covered.add(`${pair.leaf} ${pair.eventType}`);
    });
  }

  it('has the leaves of the contract and no others', () => {
    expect([...CHART_LEAVES].sort()).toEqual([...LEAF_NAMES].sort());
  });

  it('is covered', () => {
    const all = CHART_LEAVES.flatMap((leaf) => CHART_EVENTS.map((type) => `${leaf} ${type}`));
    expect(all.filter((pair) => !covered.has(pair))).toEqual([]);
  });

  afterAll(() => {
    const all = CHART_LEAVES.length * CHART_EVENTS.length;
    process.stdout.write(
      `Path coverage: ${covered.size} of ${all} (leaf state, event) pairs, in ${pairs.length} generated paths\n`,
    );
  });
});

async function runPair(pair: Pair): Promise<void> {
  const rig = new LifecycleRig();
  let view = INITIAL_VIEW;
  for (const happening of pair.path) {
    view = expected(view, happening, TRANSITION_TIMEOUT).view;
    await apply(rig, happening);
  }
  expect(viewOf(rig.snapshot)).toEqual(view);
  const operationBefore = rig.snapshot.context.operation;
  const invocation = rig.invocations.at(-1);
  rig.emitted.length = 0;

  await apply(rig, pair.happening);

  const expectation = expected(view, pair.happening, TRANSITION_TIMEOUT);
  expect(viewOf(rig.snapshot)).toEqual(expectation.view);
  expect(rig.snapshot.context).toEqual(contextOf(expectation.view));
  expect(rig.emitted.map(summary)).toEqual([
    ...expectation.transitions,
    ...(expectation.refusal === null ? [] : [{ refused: expectation.refusal }]),
  ]);
  // The pure chart, which @xstate/graph walked, and the actor say the same.
  expect([pair.next.value, pair.next.context]).toEqual([rig.snapshot.value, rig.snapshot.context]);
  if (operationBefore !== null && pair.happening.kind !== 'done' && pair.happening.kind !== 'error') {
    expect(invocation?.signal.aborted).toBe(leafOf(rig.snapshot) !== pair.leaf);
  }
}

function viewOf(snapshot: Snapshot): LifecycleView {
  const { operation, previousState, pendingRequests, failureReason, forced } = snapshot.context;
  return { leaf: leafOf(snapshot), operation, previousState, pendingRequests, failureReason, forced };
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

function summary(emitted: AgentLifecycleEmitted): object {
  return emitted.type === 'lifecycle.rejected'
    ? { refused: emitted.error.code }
    : { from: emitted.from, to: emitted.to };
}

async function apply(rig: LifecycleRig, happening: Happening): Promise<void> {
  const { operation } = rig.snapshot.context;
  const leaf = leafOf(rig.snapshot);
  switch (happening.kind) {
    case 'host':
      rig.send(happening);
      return;
    case 'done':
      if (operation === happening.operation) await rig.finish(operation);
      else rig.send({ type: `xstate.done.actor.${happening.operation}` });
      return;
    case 'error': {
      const error = new Error(happening.message);
      if (operation === happening.operation) await rig.break(operation, error);
      else rig.send({ type: `xstate.error.actor.${happening.operation}`, error });
      return;
    }
    case 'transitionTimeout':
      if (leaf === happening.leaf) rig.clock.increment(TRANSITION_TIMEOUT);
      else rig.send({ type: `xstate.after.transitionTimeout.agentLifecycle.${happening.leaf}` });
      return;
    case 'drainTimeout':
      if (leaf === 'draining.awaitingRequests') rig.clock.increment(DRAIN_TIMEOUT);
      else rig.send({ type: 'xstate.after.drainTimeout.agentLifecycle.draining.awaitingRequests' });
      return;
  }
}

function nameOf(happening: Happening): string {
  switch (happening.kind) {
    case 'host':
      return happening.type;
    case 'done':
      return `${happening.operation} done`;
    case 'error':
      return `${happening.operation} error`;
    case 'transitionTimeout':
      return `transition timeout of ${happening.leaf}`;
    case 'drainTimeout':
      return 'drain timeout';
  }
}
