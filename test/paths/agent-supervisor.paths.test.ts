import { afterAll, describe, expect, it } from '@jest/globals';
import { initialTransition, transition, type SnapshotFrom } from 'xstate';
import {
  agentSupervisorMachine,
  type AgentSupervisorEmitted,
  type AgentSupervisorEvent,
  type RestartPolicyInput,
} from '../../src/index.js';
import { shortestPathsIn } from '../../src/testing/paths/lifecycle-graph.js';
import { expectedOutcome, RESTARTS, type SupervisorState } from '../supervisor-oracle.js';

type Snapshot = SnapshotFrom<typeof agentSupervisorMachine>;
type Event = AgentSupervisorEvent | { readonly type: 'backoff' };
type PolicyType = NonNullable<RestartPolicyInput['type']>;

const MAX_GENERATION = 2;
const STATES: readonly SupervisorState[] = ['unwanted', 'supervised', 'backingOff', 'gaveUp'];

function ended(generation: number, state: 'stopped' | 'failed'): Event {
  const failureReason = state === 'failed' ? 'boom' : null;
  return { type: 'instance.ended', generation, state, failureReason, upFor: 0, random: 0 };
}

/** All that can happen in a situation: with this instance, with one before it, and with the next. */
function eventsIn(generation: number): Event[] {
  return [
    { type: 'operator.start' },
    { type: 'operator.stop' },
    { type: 'operator.remove' },
    { type: 'backoff' },
    { type: 'instance.started', generation },
    { type: 'instance.started', generation: generation + 1 },
    ended(generation, 'stopped'),
    ended(generation, 'failed'),
    ended(generation - 1, 'failed'),
  ];
}

/** XState's own event of a delay that is over. */
function toXState(event: Event): AgentSupervisorEvent {
  if (event.type !== 'backoff') return event;
  return { type: 'xstate.after.backoff.agentSupervisor.backingOff' } as never;
}

function situationOf({ value, context }: Snapshot) {
  return { state: value, generation: context.generation, ends: context.ends.length };
}

function nameOf(event: Event, generation: number): string {
  if (!('generation' in event)) return event.type;
  const which = ['an earlier', 'this', 'the next'][event.generation - generation + 1] ?? '';
  const how = event.type === 'instance.ended' ? ` ${event.state}` : '';
  return `${event.type}${how} of ${which} instance`;
}

const covered = new Set<string>();

describe.each<PolicyType>(['permanent', 'transient', 'temporary'])('a supervisor of a %s agent', (type) => {
  const restart = { type, intensity: { restarts: RESTARTS } };
  const paths = shortestPathsIn(agentSupervisorMachine, {
    input: { restart },
    events: ({ context, status }: Snapshot) =>
      (status === 'active' ? eventsIn(context.generation) : [])
        .filter((event) => !('generation' in event) || event.generation <= MAX_GENERATION)
        .map(toXState),
    serializeState: (snapshot: Snapshot) => JSON.stringify(situationOf(snapshot)),
  });

  // Once it has ended XState hands it no more events.
  const cases = paths.flatMap((path) =>
    (path.state.status === 'active' ? eventsIn : () => [])(path.state.context.generation).map((event) => {
      const chain = path.steps.slice(1).map((step) => step.event.type);
      const name = [...chain, nameOf(event, path.state.context.generation)].join(' → ');
      return { name, events: path.steps.slice(1).map((step) => step.event), event };
    }),
  );

  it.each(cases)('$name', ({ events, event }) => {
    let [snapshot] = initialTransition(agentSupervisorMachine, { restart });
    for (const each of events) [snapshot] = transition(agentSupervisorMachine, snapshot, each as never);
    const before = situationOf(snapshot);
    covered.add(`${before.state}: ${event.type}`);
    const [after, actions] = transition(agentSupervisorMachine, snapshot, toXState(event));
    const emitted = actions
      .filter(({ type }) => (type as string) === 'xstate.emit')
      .map(({ params }) => (params as { event: AgentSupervisorEmitted }).event.type);
    expect({ ...situationOf(after), emitted }).toEqual(expectedOutcome(type, before, event));
  });
});

it('every pair of a state and an event is covered', () => {
  const types = new Set(eventsIn(1).map((event) => event.type));
  const missing = STATES.flatMap((state) => [...types].map((event) => `${state}: ${event}`)).filter(
    (pair) => !covered.has(pair),
  );
  expect(missing).toEqual([]);
});

afterAll(() => {
  process.stdout.write(`Path coverage of the supervisor: ${covered.size} (state, event) pairs\n`);
});
