import { describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  and,
  assign,
  createActor,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  setup,
  SimulatedClock,
  transition,
  type AnyStateMachine,
  type InspectionEvent,
} from 'xstate';
import { accelerate, agentLifecycleMachine, type AgentLifecycleEvent } from '../../src/index.js';
import { INPUT } from '../lifecycle-rig.js';

/** A life with requests, refusals, a drain, and events that no chart knows. */
const LIFE = [
  'agent.load',
  'xstate.done.actor.loading',
  'request.accept',
  'agent.instantiate',
  'xstate.done.actor.instantiating',
  'agent.start',
  'xstate.done.actor.starting',
  'request.accept',
  'request.accept',
  'request.complete',
  'agent.dance',
  'request.accept',
  'agent.drain',
  'request.accept',
  'request.complete',
  'request.complete',
  'xstate.done.actor.stopping',
].map((type) => ({ type }) as AgentLifecycleEvent);

/** All that can be seen of an actor that takes some events. */
function seenOf(machine: AnyStateMachine, events: readonly { type: string }[], input: unknown = INPUT) {
  const inspected: unknown[] = [];
  const emitted: unknown[] = [];
  const errors: unknown[] = [];
  const actor = createActor(machine, {
    input,
    clock: new SimulatedClock(),
    inspect: (event) => inspected.push(told(event)),
  });
  actor.on('*', (event) => emitted.push(event));
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  const snapshots = events.map((event) => {
    if (actor.getSnapshot().status === 'active') actor.send(event);
    return seenIn(actor.getSnapshot() as never);
  });
  return { inspected, emitted, errors, snapshots };
}

function told(event: InspectionEvent) {
  const { type } = event;
  if (type !== '@xstate.microstep' && type !== '@xstate.snapshot') return [type];
  const { _transitions = [] } = event as unknown as { _transitions?: object[] };
  const transitions = _transitions.map((each) => JSON.stringify(each));
  return [type, event.event, seenIn(event.snapshot as never), transitions];
}

/** A snapshot as it is, but for the actors in it, which have ids of their own. */
function seenIn(snapshot: ReturnType<typeof agentLifecycleMachine.resolveState>) {
  if (!('machine' in snapshot)) return snapshot;
  const { machine: _, children, ...rest } = snapshot as typeof snapshot & { _nodes: { id: string }[] };
  return {
    ...rest,
    _nodes: rest._nodes.map(({ id }) => id),
    keys: Object.keys(snapshot),
    contextKeys: Object.keys(rest.context),
    children: Object.keys(children),
    meta: snapshot.getMeta() as unknown,
    json: JSON.stringify({ ...(snapshot.toJSON() as object), children: null }),
    can: snapshot.can({ type: 'request.accept' }),
    matches: snapshot.matches({ running: 'serving' }),
    isAccepting: snapshot.hasTag('accepting'),
  };
}

/** How many local steps of a life are taken without XState: it asks for the transitions of every other. */
function handedOver(machine: AnyStateMachine, events: readonly { type: string }[], input: unknown = INPUT) {
  const asked: string[] = [];
  const fast = accelerate(machine);
  const actor = createActor(fast, { input, clock: new SimulatedClock() });
  actor.subscribe({ error: () => undefined });
  actor.start();
  const getTransitionData = fast.getTransitionData.bind(fast);
  fast.getTransitionData = (snapshot, event: { type: string }) => {
    asked.push(event.type);
    return getTransitionData(snapshot, event);
  };
  for (const event of events) actor.send(event);
  return asked;
}

describe('an accelerated machine', () => {
  it('is seen to do what the machine does', () => {
    expect(seenOf(accelerate(agentLifecycleMachine), LIFE)).toEqual(seenOf(agentLifecycleMachine, LIFE));
  });

  it('takes requests without XState, and hands over what changes the state', () => {
    expect(handedOver(agentLifecycleMachine, LIFE)).toEqual(
      LIFE.map(({ type }) => type).filter(
        (type, index) =>
          !type.startsWith('request.') ||
          index === 2 ||
          index === 13 /* refused */ ||
          index === 15 /* last */,
      ),
    );
  });

  it('is accelerated once', () => {
    const fast = accelerate(agentLifecycleMachine);
    expect(accelerate(fast)).toBe(fast);
  });

  it('is the machine of its snapshots', () => {
    const fast = accelerate(agentLifecycleMachine);
    const actor = createActor(fast, { input: INPUT });
    expect([actor.getSnapshot().machine, actor.logic]).toEqual([fast, fast]);
  });

  it('stays fast with other implementations, and uses them', () => {
    const machine = agentLifecycleMachine.provide({
      actions: { countRequest: assign({ pendingRequests: 7 as never }) },
    });
    const fast = accelerate(agentLifecycleMachine).provide({
      actions: { countRequest: assign({ pendingRequests: 7 as never }) },
    });
    expect([seenOf(fast, LIFE), accelerate(fast)]).toEqual([seenOf(machine, LIFE), fast]);
  });

  it('goes on from what was persisted, in whatever order that has its keys', () => {
    const events = LIFE.slice(0, 9);
    const actor = createActor(accelerate(agentLifecycleMachine), { input: INPUT }).start();
    for (const event of events) actor.send(event);
    const persisted = actor.getPersistedSnapshot() as unknown as { context: object };
    const entries = Object.entries(persisted.context).reverse();
    const snapshot = { ...persisted, context: Object.fromEntries(entries) } as never;
    const [raw, fast] = [agentLifecycleMachine, accelerate(agentLifecycleMachine)].map((machine) => {
      const restored = createActor(machine, { input: INPUT, snapshot }).start();
      restored.send({ type: 'request.complete' });
      return seenIn(restored.getSnapshot());
    });
    expect(fast).toEqual(raw);
  });

  it('leaves the snapshot as it is where nothing is taken', () => {
    const machine = createMachine({ context: { count: 0 }, on: { 'a.nothing': {} } });
    const actor = createActor(accelerate(machine)).start();
    const before = actor.getSnapshot();
    for (const type of ['a.nothing', 'a.stranger']) actor.send({ type });
    expect(actor.getSnapshot()).toBe(before);
  });

  it('keeps its timers and its actors', () => {
    const seen = [agentLifecycleMachine, accelerate(agentLifecycleMachine)].map((machine) => {
      const clock = new SimulatedClock();
      const held = machine.provide({ actors: { loading: fromPromise(() => new Promise(() => undefined)) } });
      const actor = createActor(held, { input: INPUT, clock }).start();
      actor.send({ type: 'agent.load' });
      clock.increment(29_999);
      const before = actor.getSnapshot().value;
      clock.increment(1);
      return [before, seenIn(actor.getSnapshot()), actor.getSnapshot().output];
    });
    expect(seen[1]).toEqual(seen[0]);
  });

  it('calls params with what XState calls them with', () => {
    const called: string[][] = [];
    const { createMachine: make } = setup({
      types: { context: {} as { count: number } },
      actions: { count: assign({ count: (_, { by }: { by: number }) => by }) },
    });
    const params = (args: object) => {
      called.push(Object.keys(args));
      return { by: 2 };
    };
    const machine = make({ context: { count: 0 }, on: { go: { actions: { type: 'count', params } } } });
    for (const logic of [machine, accelerate(machine)]) createActor(logic).start().send({ type: 'go' });
    expect(called).toEqual([
      ['context', 'event'],
      ['context', 'event'],
    ]);
  });

  it('does not make code for each of the many ways in which contexts have their keys', () => {
    const made = jest.spyOn(globalThis, 'Function');
    const machine = createMachine({
      context: {} as Record<string, number>,
      on: {
        put: { actions: assign(({ event }) => ({ [String(event['key'])]: 1 })) },
        go: { actions: assign({ count: ({ context: { count = 0 } }) => count + 1 }) },
      },
    });
    const counted = [machine, accelerate(machine)].map((logic) => {
      const actor = createActor(logic).start();
      actor.send({ type: 'put', key: 'count' });
      for (let key = 0; key < 50; key++) {
        actor.send({ type: 'put', key: `key ${key}` });
        actor.send({ type: 'go' });
      }
      return actor.getSnapshot().context;
    });
    const times = made.mock.calls.length;
    made.mockRestore();
    expect(counted[1]).toEqual(counted[0]);
    expect(times).toBe(8);
  });

  it('works as pure logic', () => {
    const fast = accelerate(agentLifecycleMachine);
    const snapshot = fast.resolveState({
      value: { running: 'serving' },
      context: createActor(fast, { input: INPUT }).getSnapshot().context,
    });
    const [next, actions] = transition(fast, snapshot, { type: 'request.accept' });
    expect([next.context.pendingRequests, actions]).toEqual([1, []]);
  });
});

describe('what is not provably local is left to XState', () => {
  const counting = setup({
    types: { context: {} as { count: number }, events: {} as { type: 'go' } },
    actions: { count: assign({ count: ({ context }) => context.count + 1 }) },
    guards: { isSmall: ({ context }) => context.count < 2 },
  });
  const go = [{ type: 'go' }, { type: 'go' }, { type: 'go' }];
  const context = { count: 0 };
  const machines: Record<string, AnyStateMachine> = {
    'an action of its own': createMachine({
      context,
      on: { go: { actions: [assign({ count: 1 }), () => undefined] } },
    }),
    'an enqueued action': createMachine({
      context,
      on: {
        go: {
          actions: enqueueActions(({ enqueue }) => {
            enqueue.assign({ count: 5 });
          }),
        },
      },
    }),
    'an emitted event': createMachine({ context, on: { go: { actions: emit({ type: 'gone' }) } } }),
    'an assign of one function': createMachine({
      context,
      on: { go: { actions: assign(() => ({ count: 2 })) } },
    }),
    'a reentered state': createMachine({
      context,
      initial: 'a',
      states: { a: { entry: assign({ count: 9 }), on: { go: { target: 'a', reenter: true } } } },
    }),
    'a parallel state': createMachine({
      context,
      type: 'parallel',
      states: { a: { on: { go: { actions: assign({ count: 4 }) } } }, b: {} },
    }),
    'a wildcard within the state': createMachine({
      context,
      initial: 'a',
      states: { a: { on: { 'go.*': { actions: assign({ count: 6 }) } } } },
      on: { go: { actions: assign({ count: 7 }) } },
    }),
    'a context with a symbol': createMachine({
      context: { count: 0, [Symbol.for('mark')]: 1 },
      on: { go: { actions: assign({ count: 1 }) } },
    }),
  };

  it.each(Object.entries(machines))('%s', (_, machine) => {
    expect(seenOf(accelerate(machine), go)).toEqual(seenOf(machine, go));
    expect(handedOver(machine, go.slice(0, 1))).toEqual(['go']);
  });

  const compiled: Record<string, AnyStateMachine> = {
    'guards by name, by object and as functions': counting.createMachine({
      context,
      on: {
        go: [
          { guard: () => false, actions: 'count' },
          { guard: { type: 'isSmall' }, actions: { type: 'count' } },
          { guard: ({ context }) => context.count < 3, actions: 'count' },
        ],
      },
    }),
    'a guard made of others': createMachine({
      context,
      on: { go: { guard: and([() => true]), actions: assign({ count: 3 }) } },
    }),
    'an assigner that spawns': createMachine({
      context: { count: 0, child: null as unknown },
      on: {
        go: {
          actions: assign({
            child: ({ spawn }) =>
              spawn(
                fromPromise(() => Promise.resolve()),
                { id: 'c' },
              ).id,
          }),
        },
      },
    }),
    'an assigner that throws': createMachine({
      context,
      on: {
        go: {
          actions: assign({
            count: () => {
              throw new Error('no');
            },
          }),
        },
      },
    }),
    'a guard that throws': createMachine({
      context,
      on: {
        go: {
          guard: () => {
            throw new Error('no');
          },
          actions: assign({ count: 1 }),
        },
      },
    }),
    'params, as a value and as a function': setup({
      types: { context: {} as { count: number } },
      actions: { add: assign({ count: ({ context }, by: number) => context.count + by }) },
    }).createMachine({
      context,
      on: {
        go: {
          actions: [
            { type: 'add', params: 2 },
            { type: 'add', params: ({ context }) => context.count },
          ],
        },
      },
    }),
    'a key that the context has not yet': createMachine({
      context: { count: 0 } as Record<string, number>,
      on: { go: { actions: assign({ more: 1 }) } },
    }),
    'keys that are no names': createMachine({
      context: { 'a-b': 0, 'quo"te': 1, 7: 2, constructor: 3 } as Record<string, number>,
      on: { go: { actions: assign({ 'a-b': 1, 7: 3 }) } },
    }),
    'eventless transitions that do not hold': counting.createMachine({
      context,
      initial: 'a',
      states: { a: { always: { guard: () => false, target: 'b' }, on: { go: { actions: 'count' } } }, b: {} },
    }),
  };

  it.each(Object.entries(compiled))('but not %s', (_, machine) => {
    expect(seenOf(accelerate(machine), go)).toEqual(seenOf(machine, go));
    expect(handedOver(machine, go.slice(0, 1))).toEqual([]);
  });

  it('and so are the machines of which XState makes snapshots of another kind', () => {
    const fast = accelerate(counting.createMachine({ context, on: { go: { actions: 'count' } } }));
    const asked: string[] = [];
    const getTransitionData = fast.getTransitionData.bind(fast);
    fast.getTransitionData = (snapshot, event) => {
      asked.push(event.type);
      return getTransitionData(snapshot, event);
    };
    const snapshot = { ...createActor(fast).getSnapshot(), novelty: true };
    const [next] = transition(fast, snapshot, { type: 'go' });
    expect([next.context, asked]).toEqual([{ count: 1 }, ['go']]);
  });

  it('and the copying of a context, where no code may be made of strings', () => {
    const script = `
      import { createActor } from 'xstate';
      import { accelerate, agentLifecycleMachine as machine } from './dist/esm/index.js';
      const fast = accelerate(machine);
      const { context } = createActor(fast, { input: ${JSON.stringify(INPUT)} }).getSnapshot();
      const snapshot = fast.getPersistedSnapshot(fast.resolveState({ value: { running: 'serving' }, context }));
      const actor = createActor(fast, { snapshot }).start();
      for (let count = 0; count < 3; count++) actor.send({ type: 'request.accept' });
      console.log(JSON.stringify(actor.getSnapshot().context) === JSON.stringify({ ...context, pendingRequests: 3 }));`;
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
    const env = { ...process.env, NODE_OPTIONS: '' };
    expect(execFileSync(process.execPath, args, { env, encoding: 'utf8' })).toBe('true\n');
  });
});
