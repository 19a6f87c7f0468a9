import { expect, it } from '@jest/globals';
import { createActor, SimulatedClock } from 'xstate';
import { agentSupervisorMachine, type AgentSupervisorEvent } from '../../../src/index.js';
import {
  gaveUpAfter,
  initialSupervision,
  superviseStep,
  type SupervisorEffect,
  type SupervisorSnapshot,
  type SupervisorStepEvent,
} from '../../../src/host/supervision/supervise-step.js';

const RESTART = { type: 'permanent', intensity: { restarts: 1 } } as const;

function ended(generation: number): AgentSupervisorEvent {
  const failureReason = 'boom';
  return { type: 'instance.ended', generation, state: 'failed', failureReason, upFor: 0, random: 0.5 };
}

function stepAll(from: SupervisorSnapshot, events: readonly SupervisorStepEvent[]) {
  let snapshot = from;
  const effects: SupervisorEffect[] = [];
  for (const event of events) {
    const step = superviseStep(snapshot, event);
    snapshot = step.snapshot;
    effects.push(...step.effects);
  }
  return { snapshot, effects };
}

it('pure steps decide as the actor does, from the first start to the last end', () => {
  const clock = new SimulatedClock();
  const actor = createActor(agentSupervisorMachine, { input: { restart: RESTART }, clock });
  const emitted: SupervisorEffect[] = [];
  actor.on('*', (event) => emitted.push(event));
  actor.start();
  for (const event of [{ type: 'operator.start' }, { type: 'instance.started', generation: 1 }, ended(1)]) {
    actor.send(event as AgentSupervisorEvent);
  }
  clock.increment(actor.getSnapshot().context.delay);
  for (const event of [{ type: 'instance.started', generation: 2 }, ended(1), ended(2)]) {
    actor.send(event as AgentSupervisorEvent);
  }
  const { value, context } = actor.getSnapshot();
  expect(
    stepAll(initialSupervision(RESTART), [
      { type: 'operator.start' },
      { type: 'instance.started', generation: 1 },
      ended(1),
      { type: 'backoff.elapsed', generation: 1 },
      { type: 'instance.started', generation: 2 },
      ended(1),
      ended(2),
    ]),
  ).toEqual({ snapshot: { value, context }, effects: emitted });
  expect(emitted.map(({ type }) => type)).toEqual([
    'restart.scheduled',
    'restart.due',
    'instance.fenced',
    'restart.abandoned',
  ]);
});

it('the end of an earlier delay is ignored', () => {
  const { snapshot } = stepAll(initialSupervision({ type: 'permanent' }), [
    { type: 'operator.start' },
    { type: 'instance.started', generation: 1 },
    ended(1),
    { type: 'backoff.elapsed', generation: 1 },
    { type: 'instance.started', generation: 2 },
    ended(2),
  ]);
  expect(superviseStep(snapshot, { type: 'backoff.elapsed', generation: 1 })).toEqual({
    snapshot,
    effects: [],
  });
});

it('an agent that was given up is restarted by an operator', () => {
  const ends = [{ generation: 3, reason: 'boom', upFor: 0 }];
  const { snapshot, effects } = superviseStep(gaveUpAfter(RESTART, ends), { type: 'operator.start' });
  expect([snapshot.value, snapshot.context.ends, effects]).toEqual([
    'supervised',
    [],
    [{ type: 'restart.due' }],
  ]);
});
