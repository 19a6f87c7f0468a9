import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { assign, not } from 'xstate';
import { agentLifecycleMachine, InvalidValueError, type AgentLifecycleEmitted } from '../../src/index.js';
import {
  createFleet,
  FleetError,
  type Fleet,
  type FleetEvent,
  type FleetOptions,
} from '../../src/fleet/index.js';
import { SteppedClock } from '../../src/testing/index.js';
import { AGENT_ID, INPUT, VERSION } from '../lifecycle-rig.js';

const TO_RUNNING: readonly FleetEvent[] = [
  { type: 'agent.load' },
  { type: 'xstate.done.actor.loading' },
  { type: 'agent.instantiate' },
  { type: 'xstate.done.actor.instantiating' },
  { type: 'agent.start' },
  { type: 'xstate.done.actor.starting' },
];

function fleetWith(options: FleetOptions = {}) {
  const clock = new SteppedClock();
  return { clock, fleet: createFleet(agentLifecycleMachine, { clock, ...options }) };
}

function sendAll(fleet: Fleet, id: number, events: readonly FleetEvent[]): void {
  for (const event of events) fleet.send(id, event);
}

function codeOf(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return (error as FleetError).code;
  }
}

describe('a fleet', () => {
  it('has the record of each agent', () => {
    const { fleet } = fleetWith();
    const id = fleet.add({ ...INPUT, versionNumber: Number.MAX_SAFE_INTEGER });
    sendAll(fleet, id, [...TO_RUNNING, { type: 'request.accept' }]);
    expect(fleet.record(id).toJSON()).toEqual({
      agent_id: AGENT_ID,
      agent_name: 'test-agent',
      version: VERSION,
      version_number: Number.MAX_SAFE_INTEGER,
      current_state: 'Running',
      previous_state: 'Ready',
      transition_timeout: 30_000,
      drain_timeout: 60_000,
      pending_requests: 1,
      failure_reason: null,
    });
  });

  it('takes UUIDs of all digits', () => {
    const { fleet } = fleetWith();
    const [agentId, version] = [
      '01234567-89ab-cdef-0000-00000000000f',
      'ffffffff-ffff-ffff-8000-fedcba987654',
    ];
    const id = fleet.add({ agentId, version, versionNumber: 1 });
    expect([fleet.context(id).agentId, fleet.context(id).version]).toEqual([agentId, version]);
  });

  it('refuses a bad input, and has no more agents than before', () => {
    const { fleet } = fleetWith();
    expect(() => fleet.add({ ...INPUT, agentId: 'none' })).toThrow('AgentId');
    expect(fleet.size).toBe(0);
  });

  it('says why an event was not taken', () => {
    const { fleet } = fleetWith();
    const id = fleet.add(INPUT);
    expect([
      fleet.send(id, { type: 'agent.start' })?.code,
      fleet.send(id, { type: 'agent.load' }),
      fleet.send(id, { type: 'agent.fail', reason: 'told to' }),
      fleet.send(id, { type: 'agent.load' })?.toJSON(),
    ]).toEqual([
      'InvalidTransition',
      null,
      null,
      { code: 'TerminalState', state: 'failed', message: 'Agent is in terminal state: failed' },
    ]);
  });

  it('keeps agents apart', () => {
    const { fleet } = fleetWith({ capacity: 1 });
    const ids = Array.from({ length: 100 }, () => fleet.add(INPUT));
    for (const [index, id] of ids.entries()) sendAll(fleet, id, TO_RUNNING.slice(0, index % 7));
    expect(ids.map((id) => fleet.state(id))).toEqual(
      ids.map(
        (_, index) => ['unloaded', 'unloaded', 'loaded', 'loaded', 'ready', 'ready', 'running'][index % 7],
      ),
    );
  });

  it('visits every agent that it has', () => {
    const { fleet } = fleetWith();
    const ids = Array.from({ length: 4 }, () => fleet.add(INPUT));
    fleet.remove(Number(ids[1]));
    const visited: number[] = [];
    fleet.each((id) => visited.push(id));
    expect([visited, fleet.size]).toEqual([[ids[0], ids[2], ids[3]], 3]);
  });

  it('never takes an agent for one that it has forgotten', () => {
    const { fleet } = fleetWith();
    const first = fleet.add({ ...INPUT, agentName: 'first' });
    fleet.send(first, { type: 'agent.fail', reason: 'told to' });
    fleet.remove(first);
    const second = fleet.add({ ...INPUT, agentName: null });
    expect(fleet.context(second)).toEqual(expect.objectContaining({ agentName: null, failureReason: null }));
    expect([first, -1, 0.5, Number.NaN, 7].map((id) => codeOf(() => fleet.state(id)))).toEqual(
      Array.from({ length: 5 }, () => 'UnknownAgent'),
    );
  });

  it('emits what the chart emits, once the agent has changed', () => {
    const { fleet } = fleetWith();
    const heard: unknown[] = [];
    const id = fleet.add(INPUT);
    fleet.subscribe((from, event) => heard.push([from, fleet.state(id), event.type, event.event.type]));
    sendAll(fleet, id, [
      { type: 'agent.load' },
      { type: 'agent.load' },
      { type: 'xstate.done.actor.loading' },
    ]);
    expect(heard).toEqual([
      [id, 'unloaded', 'lifecycle.rejected', 'agent.load'],
      [id, 'loaded', 'lifecycle.transitioned', 'xstate.done.actor.loading'],
    ]);
  });

  it('tells in order what listeners bring about', () => {
    const { fleet } = fleetWith();
    const heard: string[] = [];
    const id = fleet.add(INPUT);
    fleet.subscribe((_, event) => {
      if (event.type === 'lifecycle.transitioned' && event.to === 'loaded')
        fleet.send(id, { type: 'agent.fail' });
    });
    fleet.subscribe((_, event) => heard.push((event as Extract<AgentLifecycleEmitted, { to: unknown }>).to));
    sendAll(fleet, id, TO_RUNNING.slice(0, 2));
    expect(heard).toEqual(['loaded', 'failed']);
  });

  it('hands on what a listener throws', () => {
    const errors: unknown[] = [];
    const { fleet } = fleetWith({ onError: (error) => errors.push(error) });
    const id = fleet.add(INPUT);
    const error = new Error('no');
    fleet.subscribe(() => {
      throw error;
    });
    fleet.send(id, { type: 'agent.fail' });
    expect([errors, fleet.state(id)]).toEqual([[error], 'failed']);
  });

  it('says which operations are to be carried out', () => {
    const operations: unknown[] = [];
    const { fleet } = fleetWith({
      onOperation: (id, { operation, forced }) => operations.push([id, operation, forced]),
    });
    const id = fleet.add(INPUT);
    sendAll(fleet, id, [...TO_RUNNING, { type: 'request.accept' }, { type: 'agent.stop' }]);
    expect(operations).toEqual([
      [id, 'loading', false],
      [id, 'instantiating', false],
      [id, 'starting', false],
      [id, 'stopping', true],
    ]);
  });

  it('keeps deadlines, and forgets those of agents that are removed', () => {
    const { clock, fleet } = fleetWith();
    const [kept, removed] = [fleet.add(INPUT), fleet.add(INPUT)];
    for (const id of [kept, removed]) fleet.send(id, { type: 'agent.load' });
    fleet.remove(removed);
    const heir = fleet.add(INPUT);
    clock.advance(29_999);
    const before = fleet.state(kept);
    clock.advance(1);
    expect([before, fleet.state(kept), fleet.state(heir), fleet.record(kept).failureReason]).toEqual([
      'unloaded',
      'failed',
      'unloaded',
      'Transition timeout exceeded: 30000ms',
    ]);
  });

  it('keeps the capacity of each agent', () => {
    const { fleet } = fleetWith();
    const ids = [1, 2, undefined].map((capacity) => fleet.add({ ...INPUT, capacity }));
    const refused = ids.map((id) => {
      sendAll(fleet, id, [...TO_RUNNING, { type: 'request.accept' }, { type: 'request.accept' }]);
      return fleet.send(id, { type: 'request.accept' })?.toJSON() ?? null;
    });
    expect(refused).toMatchObject([
      { code: 'TooManyPendingRequests', current: 1 },
      { code: 'TooManyPendingRequests', current: 2 },
      null,
    ]);
    expect(ids.map((id) => fleet.context(id).capacity)).toEqual([1, 2, 10_000]);
  });

  it.each([0, 10_001, 65_537])('refuses a capacity of %d', (capacity) => {
    const { fleet } = fleetWith();
    expect(() => fleet.add({ ...INPUT, capacity })).toThrow(expect.objectContaining({ field: 'Capacity' }));
    expect(fleet.size).toBe(0);
  });

  it('refuses a capacity that an assigner of its own comes to', () => {
    const actions = { force: assign({ capacity: 65_537 }) };
    const fleet = createFleet(agentLifecycleMachine.provide({ actions } as never));
    const id = fleet.add({ ...INPUT, capacity: 3 });
    sendAll(fleet, id, [...TO_RUNNING, { type: 'request.accept' }]);
    expect(() => fleet.send(id, { type: 'agent.stop' })).toThrow(InvalidValueError);
    expect([fleet.state(id), fleet.context(id).capacity]).toEqual(['running', 3]);
  });

  it('leaves nothing running when it is stopped', () => {
    const { clock, fleet } = fleetWith();
    const id = fleet.add(INPUT);
    fleet.send(id, { type: 'agent.load' });
    fleet.stop();
    clock.advance(60_000);
    expect(fleet.state(id)).toBe('unloaded');
  });

  it.each([
    ['a guard that is made of others', { guards: { hasCapacity: not('hasPendingRequests') } }],
    ['an action that is not there', { actions: { force: undefined } }],
    ['a key that no lifecycle has', { actions: { force: assign({ colour: 'red' }) } }],
  ])('does not run a machine with %s', (_, implementations) => {
    const machine = agentLifecycleMachine.provide(implementations as never);
    expect(codeOf(() => createFleet(machine))).toBe('UnsupportedChart');
  });

  it('lives by the chart where no code may be made of strings', () => {
    const requests = ['accept', 'accept', 'complete'].map((word) => ({ type: `request.${word}` }));
    const script = `
      import { agentLifecycleMachine } from './dist/esm/index.js';
      import { createFleet } from './dist/esm/fleet.js';
      const fleet = createFleet(agentLifecycleMachine);
      const id = fleet.add(${JSON.stringify(INPUT)});
      const events = ${JSON.stringify([...TO_RUNNING, ...requests])};
      const refusals = events.map((event) => fleet.send(id, event));
      console.log(JSON.stringify([refusals.filter(Boolean), fleet.state(id), fleet.context(id).pendingRequests]));`;
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
    const env = { ...process.env, NODE_OPTIONS: '' };
    const printed = execFileSync(process.execPath, args, { env, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual([[], 'running', 1]);
  });
});
