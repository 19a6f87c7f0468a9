import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createActor } from 'xstate';
import {
  AGENT_LIFECYCLE_STATES,
  AgentLifecycle,
  agentLifecycleMachine,
  FailureReason,
  InvalidValueError,
  StateTransitionError,
  type AgentLifecycleJSON,
  type AgentLifecycleState,
} from '../../src/index.js';
import { AGENT_ID, INPUT, lifecycleIn, VERSION } from '../lifecycle-rig.js';
import { SEED_TRANSITIONS } from '../oracle.js';

const PATHS: Record<AgentLifecycleState, readonly AgentLifecycleState[]> = {
  unloaded: [],
  loaded: ['loaded'],
  ready: ['loaded', 'ready'],
  running: ['loaded', 'ready', 'running'],
  draining: ['loaded', 'ready', 'running', 'draining'],
  stopped: ['loaded', 'ready', 'stopped'],
  failed: ['failed'],
};

function recordIn(state: AgentLifecycleState): AgentLifecycle {
  return PATHS[state].reduce((record, next) => record.transitionTo(next), AgentLifecycle.create(INPUT));
}

function withPending(count: number): AgentLifecycle {
  return AgentLifecycle.fromJSON({ ...recordIn('running').toJSON(), pending_requests: count });
}

const BOOM = FailureReason.parse('boom');
const FRESH = {
  agentId: AGENT_ID,
  agentName: 'test-agent',
  version: VERSION,
  versionNumber: 1,
  currentState: 'unloaded',
  previousState: null,
  transitionTimeout: 30_000,
  drainTimeout: 60_000,
  pendingRequests: 0,
  failureReason: null,
};

describe('AgentLifecycle.create', () => {
  it('makes an unloaded agent with the default timeouts', () => {
    expect({ ...AgentLifecycle.create(INPUT) }).toEqual(FRESH);
  });

  it('takes no name, and timeouts', () => {
    const { agentName: _, ...nameless } = INPUT;
    const record = AgentLifecycle.create({ ...nameless, transitionTimeout: 1_000, drainTimeout: 5_000 });
    expect({ ...record }).toEqual({
      ...FRESH,
      agentName: null,
      transitionTimeout: 1_000,
      drainTimeout: 5_000,
    });
  });

  it.each([
    [{ agentId: 'x' }, 'AgentId'],
    [{ agentName: '' }, 'AgentName'],
    [{ version: 'x' }, 'AgentVersion'],
    [{ versionNumber: 0 }, 'VersionNumber'],
    [{ transitionTimeout: 999 }, 'TransitionTimeout'],
    [{ drainTimeout: 4_999 }, 'DrainTimeout'],
  ])('refuses %j', (bad, field) => {
    expect(() => AgentLifecycle.create({ ...INPUT, ...bad })).toThrow(expect.objectContaining({ field }));
  });
});

it('AgentLifecycle.create takes the input of a machine, whose capacity is no part of the record', () => {
  const record = AgentLifecycle.create({ ...INPUT, ...{ capacity: 0 } });
  expect({ ...record }).toEqual(FRESH);
});

it.each([null, undefined, 'agent'])('AgentLifecycle.create(%p) is refused', (input) => {
  expect(() => AgentLifecycle.create(input as never)).toThrow('AgentLifecycleInput: expected an object');
});

describe('AgentLifecycle.transitionTo', () => {
  const pairs = AGENT_LIFECYCLE_STATES.flatMap((from) =>
    AGENT_LIFECYCLE_STATES.map((to) => [from, to] as const),
  );

  it.each(pairs)('from %s to %s follows the seed', (from, to) => {
    const record = recordIn(from);
    if (SEED_TRANSITIONS[from].includes(to)) {
      const { currentState, previousState } = record.transitionTo(to);
      expect({ currentState, previousState }).toEqual({ currentState: to, previousState: from });
    } else {
      expect(() => record.transitionTo(to)).toThrow(
        new StateTransitionError({ code: 'InvalidTransition', from, to }),
      );
    }
  });

  it('refuses to fail without a reason', () => {
    expect(() => recordIn('ready').fail(undefined as never)).toThrow(InvalidValueError);
  });

  it('leaves the record as it was', () => {
    const record = recordIn('ready');
    record.start();
    expect(record.currentState).toBe('ready');
  });

  it('makes records that cannot be changed', () => {
    expect(Object.isFrozen(recordIn('ready'))).toBe(true);
  });

  it('replaces the failure reason', () => {
    const blamed = recordIn('unloaded').transitionTo('loaded', BOOM);
    expect([blamed.failureReason, blamed.transitionTo('ready').failureReason]).toEqual(['boom', null]);
  });

  it('refuses a reason that is none', () => {
    expect(() => recordIn('unloaded').transitionTo('failed', '' as FailureReason)).toThrow(InvalidValueError);
  });
});

describe("the record's commands", () => {
  it('start a ready agent', () => {
    expect(recordIn('ready').start().currentState).toBe('running');
  });

  it('start the draining of a running agent', () => {
    expect(recordIn('running').startDraining().currentState).toBe('draining');
  });

  it.each(['ready', 'running', 'draining'] as const)('stop a %s agent', (state) => {
    expect(recordIn(state).stop().currentState).toBe('stopped');
  });

  it('fail an agent with a reason', () => {
    const { currentState, failureReason } = recordIn('draining').fail(BOOM);
    expect({ currentState, failureReason }).toEqual({ currentState: 'failed', failureReason: 'boom' });
  });

  it.each(AGENT_LIFECYCLE_STATES)('count requests in %s', (state) => {
    const one = recordIn(state).addPendingRequest();
    expect([one.pendingRequests, one.completeRequest().pendingRequests]).toEqual([1, 0]);
  });

  it('count up to 10 000 and refuse one more', () => {
    const full = withPending(9_999).addPendingRequest();
    expect(full.pendingRequests).toBe(10_000);
    expect(() => full.addPendingRequest()).toThrow(
      new StateTransitionError({ code: 'TooManyPendingRequests', current: 10_000 }),
    );
  });

  it('count down to 0 and no further', () => {
    expect(withPending(0).completeRequest().pendingRequests).toBe(0);
  });

  it.each(AGENT_LIFECYCLE_STATES)('say whether a %s agent is ready to stop', (state) => {
    const record = recordIn(state);
    expect([record.isReadyToStop(), record.addPendingRequest().isReadyToStop()]).toEqual([
      state === 'draining',
      false,
    ]);
  });

  it.each(AGENT_LIFECYCLE_STATES)('give the timeout of %s', (state) => {
    expect(recordIn(state).timeoutForState()).toBe(state === 'draining' ? 60_000 : 30_000);
  });
});

describe("the record's JSON", () => {
  const json: AgentLifecycleJSON = {
    agent_id: AGENT_ID,
    agent_name: 'test-agent',
    version: VERSION,
    version_number: 1,
    current_state: 'Failed',
    previous_state: 'Unloaded',
    transition_timeout: 30_000,
    drain_timeout: 60_000,
    pending_requests: 0,
    failure_reason: 'boom',
  };

  it("is serde's, letter for letter", () => {
    expect(JSON.stringify(recordIn('unloaded').fail(BOOM))).toBe(
      `{"agent_id":"${AGENT_ID}","agent_name":"test-agent","version":"${VERSION}","version_number":1,` +
        '"current_state":"Failed","previous_state":"Unloaded","transition_timeout":30000,' +
        '"drain_timeout":60000,"pending_requests":0,"failure_reason":"boom"}',
    );
  });

  it('writes null for what there is not', () => {
    const { agent_name, previous_state, failure_reason } = AgentLifecycle.create({
      ...INPUT,
      agentName: null,
    }).toJSON();
    expect([agent_name, previous_state, failure_reason]).toEqual([null, null, null]);
  });

  it('is read back as it was written, whatever the record', () => {
    const text = (max: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength: max / 10 });
    const state = fc.constantFrom(...AGENT_LIFECYCLE_STATES.map((name) => JSONState(name)));
    const record = fc.record({
      agent_id: fc.uuid(),
      agent_name: fc.option(text(255)),
      version: fc.uuid(),
      version_number: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      current_state: state,
      previous_state: fc.option(state),
      transition_timeout: fc.integer({ min: 1_000, max: 300_000 }),
      drain_timeout: fc.integer({ min: 5_000, max: 600_000 }),
      pending_requests: fc.integer({ min: 0, max: 10_000 }),
      failure_reason: fc.option(text(1_000)),
    });
    fc.assert(
      fc.property(record, (value) => {
        expect(JSON.parse(JSON.stringify(AgentLifecycle.fromJSON(value)))).toEqual({ ...value });
      }),
    );
  });

  it.each<[object, string]>([
    [{ agent_id: 'x' }, 'agent_id'],
    [{ agent_name: 5 }, 'agent_name'],
    [{ version: null }, 'version'],
    [{ version_number: '1' }, 'version_number'],
    [{ current_state: 'failed' }, 'current_state'],
    [{ previous_state: undefined }, 'previous_state'],
    [{ transition_timeout: 999 }, 'transition_timeout'],
    [{ drain_timeout: -1 }, 'drain_timeout'],
    [{ pending_requests: 10_001 }, 'pending_requests'],
    [{ failure_reason: '' }, 'failure_reason'],
    [{ colour: 'red' }, 'colour'],
  ])('with %j is refused by the path of the bad field', (damage, field) => {
    expect(() => AgentLifecycle.fromJSON({ ...json, ...damage })).toThrow(expect.objectContaining({ field }));
  });

  it('says of a bad field what was expected', () => {
    expect(() => AgentLifecycle.fromJSON({ ...json, agent_name: 5 })).toThrow(
      'agent_name: expected a string of 1 to 255 characters, or null, received 5',
    );
  });

  it.each(Object.keys(json))('without %s is refused', (missing) => {
    const damaged = Object.fromEntries(Object.entries(json).filter(([key]) => key !== missing));
    expect(() => AgentLifecycle.fromJSON(damaged)).toThrow(expect.objectContaining({ field: missing }));
  });

  it.each([null, undefined, 'text', 5, []])('that is %p is refused', (value) => {
    expect(() => AgentLifecycle.fromJSON(value)).toThrow('AgentLifecycle: expected an object');
  });
});

describe('AgentLifecycle.fromSnapshot', () => {
  it('is the record of a running actor', async () => {
    const rig = await lifecycleIn('running');
    rig.send({ type: 'request.accept' });
    rig.send({ type: 'agent.drain' });
    expect({ ...AgentLifecycle.fromSnapshot(rig.snapshot) }).toEqual({
      ...FRESH,
      currentState: 'draining',
      previousState: 'running',
      pendingRequests: 1,
    });
  });

  it('is the record of a lifecycle that has ended', async () => {
    const rig = await lifecycleIn('ready');
    rig.send({ type: 'agent.fail', reason: 'boom' });
    expect({ ...AgentLifecycle.fromSnapshot(rig.snapshot) }).toEqual({
      ...FRESH,
      currentState: 'failed',
      previousState: 'ready',
      failureReason: 'boom',
    });
  });

  it('throws the error of a lifecycle that was refused', () => {
    const actor = createActor(agentLifecycleMachine, { input: { ...INPUT, versionNumber: 0 } });
    expect(() => AgentLifecycle.fromSnapshot(actor.getSnapshot())).toThrow(InvalidValueError);
  });
});

function JSONState(state: AgentLifecycleState): string {
  return state.charAt(0).toUpperCase() + state.slice(1);
}
