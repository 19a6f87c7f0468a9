import { describe, expect, it } from '@jest/globals';
import { assign, createMachine, not, raise, sendTo, type AnyStateMachine } from 'xstate';
import { agentLifecycleMachine } from '../../src/index.js';
import { createFleet, FleetError } from '../../src/fleet/index.js';
import { INPUT } from '../lifecycle-rig.js';

/** A machine with the lifecycle's context, and some states. */
function chart(states: object, rest: object = {}): AnyStateMachine {
  const { context } = agentLifecycleMachine.config as { context: unknown };
  return createMachine({ id: 'chart', initial: 'unloaded', context, states, ...rest } as never);
}

function refusalOf(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(FleetError);
    const { message, state, feature } = error as FleetError & { state: string; feature: string };
    expect(message).toBe(`A fleet does not support ${feature}, in the state ${state}`);
    return { state, feature };
  }
}

const to = (target: string, rest: object = {}) => ({ on: { go: { target, ...rest } } });

describe('a fleet refuses, when it is made,', () => {
  const charts: Record<string, [machine: AnyStateMachine, state: string, feature: string]> = {
    'a toggle': [
      createMachine({ id: 'toggle', initial: 'off', states: { off: to('on'), on: to('off') } }),
      'off',
      'a state that is none of the lifecycle',
    ],
    'a traffic light': [
      createMachine({
        initial: 'green',
        states: { green: { after: { 1000: 'red' } }, red: { after: { 1000: 'green' } } },
      }),
      'green',
      'a state that is none of the lifecycle',
    ],
    'a context that is a value': [
      chart({ unloaded: {} }, { context: { count: 0 } }),
      'chart',
      'a context that is not a function of the input of an agent',
    ],
    'a machine without states': [
      createMachine({ id: 'flat', context: () => ({}) }),
      'flat',
      'a machine without states',
    ],
    'a parallel state': [
      chart({ unloaded: { type: 'parallel', states: { a: {}, b: {} } } }),
      'unloaded',
      'a parallel state',
    ],
    'a history state': [
      chart({ unloaded: { initial: 'idle', states: { idle: {}, last: { type: 'history' } } } }),
      'unloaded.last',
      'a history state',
    ],
    'a final state within another': [
      chart({ unloaded: { initial: 'idle', states: { idle: { type: 'final' } } } }),
      'unloaded.idle',
      'a final state within another state',
    ],
    'events by part of their name': [
      chart({ unloaded: { on: { 'agent.*': 'loaded' } }, loaded: {} }),
      'unloaded',
      'a transition on agent.*',
    ],
    'an actor that is no operation': [
      chart({ unloaded: { invoke: { id: 'child', src: 'child' } } }),
      'unloaded',
      'the actor child, which is no operation',
    ],
    'two deadlines at once': [
      chart({ unloaded: { after: { 1000: 'loaded', 2000: 'loaded' } }, loaded: {} }),
      'unloaded',
      'two deadlines at once',
    ],
    'a deadline without an implementation': [
      chart({ unloaded: { after: { later: 'loaded' } }, loaded: {} }),
      'unloaded',
      'the delay later, which has no implementation',
    ],
    'a guard made of others': [
      chart({ unloaded: to('loaded', { guard: not(() => false) }), loaded: {} }),
      'unloaded',
      'the guard not',
    ],
    'an event that the chart raises': [
      chart({ unloaded: { entry: raise({ type: 'go' }) } }),
      'unloaded',
      'an event that the chart raises',
    ],
    'an action that has no implementation': [
      chart({ unloaded: to('loaded'), loaded: { entry: 'shout' } }),
      'loaded',
      'the action shout',
    ],
    'an event for another actor': [
      chart({ unloaded: { exit: sendTo('other', { type: 'go' }), ...to('loaded') }, loaded: {} }),
      'unloaded',
      'the action xstate.sendTo',
    ],
    'a key that no lifecycle has': [
      chart({ unloaded: to('loaded', { actions: assign({ colour: 'red' }) }), loaded: {} }),
      'unloaded',
      'a context with colour',
    ],
  };

  it.each(Object.entries(charts))('%s', (_, [machine, state, feature]) => {
    expect(refusalOf(() => createFleet(machine as never))).toEqual({ state, feature });
  });
});

it.each([
  [{ colour: 'red' }, 'a context with colour'],
  [{}, 'a context without agentId'],
])('a fleet refuses an agent whose context is %j', (context, feature) => {
  const fleet = createFleet(chart({ unloaded: {} }, { context: () => context }) as never);
  expect([refusalOf(() => fleet.add(INPUT)), fleet.size]).toEqual([{ state: 'chart', feature }, 0]);
});

it.each([undefined, null, {}, 'lifecycle'])(
  'a fleet of %j, which is no machine, is refused by name',
  (machine) => {
    expect(() => createFleet(machine as never)).toThrow('machine: expected a state machine, received');
  },
);
