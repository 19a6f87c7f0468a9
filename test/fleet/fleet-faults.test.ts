import { describe, expect, it } from '@jest/globals';
import { assign, enqueueActions } from 'xstate';
import { agentLifecycleMachine, InvalidValueError } from '../../src/index.js';
import { createFleet, type Fleet, type FleetEvent, type FleetOptions } from '../../src/fleet/index.js';
import { SteppedClock } from '../../src/testing/index.js';
import { INPUT } from '../lifecycle-rig.js';

type Machine = typeof agentLifecycleMachine;

const OPERATIONS = ['loading', 'instantiating', 'starting'] as const;
const TO_RUNNING: readonly FleetEvent[] = (['load', 'instantiate', 'start'] as const).flatMap(
  (word, index): FleetEvent[] => [
    { type: `agent.${word}` },
    { type: `xstate.done.actor.${OPERATIONS[index] ?? 'loading'}` },
  ],
);

function fleetOf(machine: Machine, options: FleetOptions = {}) {
  const clock = new SteppedClock();
  return { clock, fleet: createFleet(machine, { clock, ...options }) };
}

function running(fleet: Fleet): number {
  const id = fleet.add(INPUT);
  for (const event of TO_RUNNING) fleet.send(id, event);
  return id;
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}

const hurt = new Error('hurt');
const hurting = agentLifecycleMachine.provide({
  actions: {
    recordPreviousState: assign({
      previousState: () => {
        throw hurt;
      },
    }),
  },
});

describe('a fleet whose machine has functions that throw', () => {
  it('throws what they throw, and leaves the agent as it was, with its deadline', () => {
    const late: unknown[] = [];
    const { fleet, clock } = fleetOf(hurting, { onError: (error) => late.push(error) });
    const id = fleet.add(INPUT);
    fleet.send(id, { type: 'agent.load' });
    const before = fleet.context(id);
    const heard: string[] = [];
    fleet.subscribe((_, event) => heard.push(event.type));
    expect(thrownBy(() => fleet.send(id, { type: 'xstate.done.actor.loading' }))).toBe(hurt);
    expect([fleet.state(id), fleet.context(id), heard]).toEqual(['unloaded', before, []]);
    clock.advance(30_000);
    expect(late).toEqual([hurt]);
  });

  it('tells of those that a deadline has met, and meets the next one', () => {
    const errors: unknown[] = [];
    const { fleet, clock } = fleetOf(hurting, { onError: (error) => errors.push(error) });
    for (const id of [fleet.add(INPUT), fleet.add(INPUT)]) fleet.send(id, { type: 'agent.load' });
    clock.advance(30_000);
    expect(errors).toEqual([hurt, hurt]);
  });

  it('is not mute when whoever is told of errors throws, too', () => {
    const { fleet } = fleetOf(agentLifecycleMachine, {
      onError: (error) => {
        throw error;
      },
    });
    let heard = 0;
    fleet.subscribe(() => {
      heard++;
      throw hurt;
    });
    const id = fleet.add(INPUT);
    fleet.send(id, { type: 'agent.start' });
    fleet.send(id, { type: 'agent.start' });
    expect(heard).toBe(2);
  });

  it('hands on what an async onOperation rejects with', async () => {
    const errors: unknown[] = [];
    const { fleet } = fleetOf(agentLifecycleMachine, {
      onOperation: () => Promise.reject(hurt),
      onError: (error) => errors.push(error),
    });
    fleet.send(fleet.add(INPUT), { type: 'agent.load' });
    await Promise.resolve();
    await Promise.resolve();
    expect(errors).toEqual([hurt]);
  });
});

describe('functions of the machine', () => {
  it('may read the agents of the fleet that calls them', () => {
    const seen: number[] = [];
    const machine: Machine = agentLifecycleMachine.provide({
      guards: {
        hasCapacity: () => {
          seen.push(fleet.context(other).pendingRequests);
          return true;
        },
      },
    });
    const { fleet } = fleetOf(machine);
    const [id, other] = [running(fleet), running(fleet)];
    fleet.send(id, { type: 'request.accept' });
    const pending = [id, other].map((each) => fleet.context(each).pendingRequests);
    expect([pending, seen]).toEqual([[1, 0], [0]]);
  });

  it.each<[string, (fleet: Fleet, id: number) => unknown]>([
    ['send to', (fleet, id) => fleet.send(id, { type: 'request.accept' })],
    [
      'remove',
      (fleet, id) => {
        fleet.remove(id);
      },
    ],
    ['add', (fleet) => fleet.add(INPUT)],
  ])('may not %s agents', (_, change) => {
    const machine: Machine = agentLifecycleMachine.provide({
      guards: { hasCapacity: () => change(fleet, other) !== null },
    });
    const { fleet } = fleetOf(machine);
    const [id, other] = [running(fleet), running(fleet)];
    expect(thrownBy(() => fleet.send(id, { type: 'request.accept' }))).toMatchObject({
      code: 'InTransition',
    });
    expect([fleet.size, fleet.state(other), fleet.context(id).pendingRequests]).toEqual([2, 'running', 0]);
  });

  it('may not add agents while an input is read, which comes to its own agent all the same', () => {
    const { fleet } = fleetOf(agentLifecycleMachine);
    const refused: unknown[] = [];
    const id = fleet.add({
      ...INPUT,
      get versionNumber() {
        refused.push(thrownBy(() => fleet.add(INPUT)));
        return 7;
      },
    });
    expect(refused).toEqual([expect.objectContaining({ code: 'InTransition' })]);
    expect([fleet.size, fleet.context(id).versionNumber]).toEqual([1, 7]);
  });

  it('assign several keys of one context, as XState has them do', () => {
    const machine = agentLifecycleMachine.provide({
      actions: {
        force: assign({
          failureReason: () => 'first' as never,
          forced: ({ context }) => context.failureReason !== null,
        }),
      },
    });
    const { fleet } = fleetOf(machine);
    const id = running(fleet);
    fleet.send(id, { type: 'request.accept' });
    fleet.send(id, { type: 'agent.stop' });
    const { failureReason, forced } = fleet.context(id);
    expect([failureReason, forced]).toEqual(['first', false]);
  });

  it('enqueue for their own event alone', () => {
    let isFirst = true;
    const machine = agentLifecycleMachine.provide({
      actions: {
        reject: enqueueActions(({ event, enqueue }) => {
          enqueue.emit({ type: 'lifecycle.rejected', event } as never);
          if (!isFirst) return;
          isFirst = false;
          throw hurt;
        }),
      },
    });
    const { fleet } = fleetOf(machine);
    const heard: unknown[] = [];
    fleet.subscribe((_, emitted) => heard.push(emitted.event.type));
    const id = fleet.add(INPUT);
    expect(thrownBy(() => fleet.send(id, { type: 'agent.start' }))).toBe(hurt);
    fleet.send(id, { type: 'agent.drain' });
    expect(heard).toEqual(['agent.drain']);
  });

  it.each(['agentId', 'version'] as const)('may not make an agent another by its %s', (key) => {
    const machine = agentLifecycleMachine.provide({
      actions: { force: assign({ [key]: ({ context }: { context: object }) => context }) as never },
    });
    expect(thrownBy(() => createFleet(machine))).toMatchObject({
      code: 'UnsupportedChart',
      feature: `an assign of ${key}`,
    });
  });

  it('have what only an actor can do refused, with the agent as it was', () => {
    const machine = agentLifecycleMachine.provide({
      actions: {
        announceTransition: enqueueActions(({ enqueue, context }) => {
          if (context.previousState !== null) enqueue.raise({ type: 'agent.instantiate' });
        }),
      },
    });
    const { fleet } = fleetOf(machine);
    const id = fleet.add(INPUT);
    fleet.send(id, { type: 'agent.load' });
    expect(thrownBy(() => fleet.send(id, { type: 'xstate.done.actor.loading' }))).toMatchObject({
      code: 'UnsupportedChart',
      state: 'unloaded.loading',
      feature: 'enqueue.raise',
    });
    expect(fleet.state(id)).toBe('unloaded');
  });

  it.each([Number.NaN, Infinity, -5])('may have a delay of %p, which is over at once', (delay) => {
    const { fleet, clock } = fleetOf(
      agentLifecycleMachine.provide({ delays: { transitionTimeout: () => delay } }),
    );
    const id = fleet.add(INPUT);
    fleet.send(id, { type: 'agent.load' });
    clock.advance(1);
    expect(fleet.state(id)).toBe('failed');
  });
});

describe('a fleet', () => {
  it('tells of an agent by its own id, when another has its row already', () => {
    const told: unknown[] = [];
    const { fleet } = fleetOf(agentLifecycleMachine, {
      onOperation: (id, { operation }) => told.push([id, operation]),
    });
    const id = running(fleet);
    told.length = 0;
    fleet.subscribe((each, event) => {
      if (event.type !== 'lifecycle.transitioned' || event.to !== 'draining') return;
      fleet.remove(each);
      fleet.add(INPUT);
    });
    fleet.send(id, { type: 'agent.drain' });
    expect(told).toEqual([[id, 'stopping']]);
  });

  it.each([null, undefined, 'agent.load', {}, { type: 1 }])('refuses %j as an event', (event) => {
    const { fleet } = fleetOf(agentLifecycleMachine);
    const id = fleet.add(INPUT);
    expect(thrownBy(() => fleet.send(id, event as never))).toBeInstanceOf(InvalidValueError);
  });

  it.each([0n, Symbol('id'), '0', null])('knows no agent %p', (id) => {
    const { fleet } = fleetOf(agentLifecycleMachine);
    fleet.add(INPUT);
    expect(thrownBy(() => fleet.state(id as never))).toMatchObject({ code: 'UnknownAgent' });
  });

  it.each([
    { capacity: 0 },
    { capacity: Number.NaN },
    { capacity: Infinity },
    { turnBudget: Number.NaN },
    { turnBudget: -1 },
  ])('refuses the options %p', (options) => {
    expect(() => createFleet(agentLifecycleMachine, options)).toThrow(InvalidValueError);
  });

  it('arms no deadline once it is stopped', () => {
    const { fleet, clock } = fleetOf(agentLifecycleMachine);
    const id = fleet.add(INPUT);
    fleet.stop();
    fleet.send(id, { type: 'agent.load' });
    clock.advance(30_000);
    expect(fleet.state(id)).toBe('unloaded');
  });

  it('visits the agents that there were when it began', () => {
    const { fleet } = fleetOf(agentLifecycleMachine);
    fleet.add(INPUT);
    const visited: number[] = [];
    fleet.each((id) => {
      visited.push(id);
      fleet.add(INPUT);
    });
    expect(visited).toEqual([0]);
  });

  it('refuses a count that no agent can have', () => {
    const machine = agentLifecycleMachine.provide({
      actions: { countRequest: assign({ pendingRequests: () => 70_000 as never }) },
    });
    const { fleet } = fleetOf(machine);
    const id = running(fleet);
    expect(thrownBy(() => fleet.send(id, { type: 'request.accept' }))).toBeInstanceOf(InvalidValueError);
    expect(fleet.context(id).pendingRequests).toBe(0);
  });
});
