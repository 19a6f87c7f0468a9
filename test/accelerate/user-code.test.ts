import { describe, expect, it } from '@jest/globals';
import {
  and,
  assign,
  createActor,
  createMachine,
  fromPromise,
  initialTransition,
  not,
  setup,
  StateMachine,
  stateIn,
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type InspectionEvent,
} from 'xstate';
import { accelerate } from '../../src/index.js';

type Note = (what: string) => unknown;

const COUNT = { count: 0 };

/** What is seen of an actor of a machine that notes each call of user code, and what it inspects, in one list. */
function notesOf(
  make: (note: Note) => AnyStateMachine,
  events: readonly string[],
  isFast: boolean,
): unknown[] {
  const notes: unknown[] = [];
  const machine = make((what) => notes.push(what));
  const inspect = ({ type, ...rest }: InspectionEvent) => {
    const { _transitions = [], snapshot } = rest as {
      _transitions?: { eventType: string }[];
      snapshot?: { value: unknown; context: object };
    };
    const taken = _transitions.map(({ eventType }) => eventType);
    if (snapshot) notes.push([type, taken, snapshot.value, { ...snapshot.context }]);
  };
  const actor = createActor(isFast ? accelerate(machine) : machine, { inspect });
  actor.subscribe({ error: (error) => notes.push(String(error)) });
  actor.start();
  for (const type of events) actor.send({ type });
  notes.push(Object.keys((actor.getSnapshot() as { children: object }).children));
  return notes;
}

describe('an accelerated machine calls user code as often as XState, in its order:', () => {
  const count = (note: Note, what = 'assign') =>
    assign({ count: ({ context }: { context: { count: number } }) => (note(what), context.count + 1) });
  const holds = (note: Note, what: string, answer: (count: number) => unknown) => ({
    guard: ({ context }: { context: { count: number } }) => (note(what), answer(context.count)) as boolean,
  });

  const machines: Record<string, (note: Note) => AnyStateMachine> = {
    'a guard that refuses': (note) =>
      createMachine({
        context: COUNT,
        on: { go: { ...holds(note, 'guard', () => false), actions: count(note) } },
      }),
    'a guard that refuses before a wildcard with an action': (note) =>
      createMachine({
        context: COUNT,
        on: {
          go: { ...holds(note, 'guard', () => false), target: '.a' },
          '*': { ...holds(note, 'any', () => true), actions: () => note('action') },
        },
        initial: 'a',
        states: { a: { on: { go: holds(note, 'inner', () => 0) } } },
      }),
    'a guard before a change of state': (note) =>
      createMachine({
        context: COUNT,
        initial: 'a',
        states: {
          a: { on: { go: { ...holds(note, 'guard', () => true), target: 'b', actions: count(note) } } },
          b: { entry: () => note('entry') },
        },
      }),
    'a guard that throws': (note) =>
      createMachine({
        context: COUNT,
        on: {
          go: [
            holds(note, 'first', () => false),
            holds(note, 'second', () => {
              throw new Error('no');
            }),
          ],
        },
      }),
    'a named guard that throws': (note) =>
      setup({
        guards: {
          isBroken: () => {
            note('guard');
            throw new Error('no');
          },
        },
      }).createMachine({ context: COUNT, on: { go: { guard: 'isBroken' } } }),
    'a guard that has no implementation, after one that has': (note) =>
      createMachine({
        context: COUNT,
        on: { go: [holds(note, 'guard', () => false), { guard: 'isNowhere' }] },
      }),
    'guards made of others': (note) =>
      createMachine({
        context: COUNT,
        initial: 'a',
        states: { a: {} },
        on: {
          go: [
            {
              guard: and([not(holds(note, 'not', () => true).guard), holds(note, 'never', () => true).guard]),
            },
            { guard: stateIn('a'), actions: count(note) },
          ],
        },
      }) as never,
    'an eventless transition that holds after an assign': (note) =>
      createMachine({
        context: COUNT,
        initial: 'a',
        states: {
          a: {
            always: { ...holds(note, 'always', (n) => n === 2), target: 'b', actions: count(note, 'leave') },
            on: { go: { ...holds(note, 'guard', () => true), actions: count(note) } },
          },
          b: { always: holds(note, 'always of b', () => false) },
        },
      }),
    'an eventless transition that changes nothing': (note) =>
      createMachine({
        context: COUNT,
        always: { ...holds(note, 'always', (n) => n === 1) },
        on: { go: { actions: count(note) } },
      }),
    'an eventless guard that throws': (note) =>
      createMachine({
        context: COUNT,
        initial: 'a',
        states: {
          a: {
            always: {
              ...holds(note, 'always', (n) => {
                if (n > 0) throw new Error('no');
              }),
              target: 'b',
            },
            on: { go: { actions: count(note) } },
          },
          b: {},
        },
      }),
    'an eventless transition after an event that nothing takes': (note) =>
      createMachine({
        context: COUNT,
        initial: 'a',
        states: { a: { always: { ...holds(note, 'always', () => false), target: 'b' } }, b: {} },
      }),
    'assigners, of which the second throws': (note) =>
      createMachine({
        context: COUNT,
        on: {
          go: {
            actions: [
              count(note),
              assign({
                count: () => {
                  note('broken');
                  throw new Error('no');
                },
              }),
            ],
          },
        },
      }),
    'an assigner before an action of another kind': (note) =>
      createMachine({ context: COUNT, on: { go: { actions: [count(note), () => note('action')] } } }),
    'an assigner that spawns': (note) =>
      createMachine({
        context: { ...COUNT, child: null as unknown },
        on: {
          go: {
            actions: [
              assign({
                child: ({ spawn }) => {
                  note('spawn');
                  return spawn(
                    fromPromise(() => new Promise(() => undefined)),
                    { id: 'child' },
                  ).id;
                },
              }),
              assign({ count: 7 }),
            ],
          },
        },
      }),
    params: (note) =>
      setup({
        types: { context: {} as typeof COUNT },
        guards: { isBelow: ({ context }, most: number) => (note('guard'), context.count < most) },
        actions: { add: assign({ count: ({ context }, by: number) => (note('add'), context.count + by) }) },
      }).createMachine({
        context: COUNT,
        on: {
          go: {
            guard: { type: 'isBelow', params: () => (note('params of the guard'), 3) },
            actions: { type: 'add', params: () => (note('params of the action'), 2) },
          },
        },
      }),
    'no guard, by null and undefined': (note) =>
      createMachine({
        context: COUNT,
        on: { go: { guard: null as never, actions: count(note) }, wait: undefined, rest: [] as never },
      }),
    'an action that is null': (note) =>
      createMachine({ context: COUNT, on: { go: { actions: [count(note), null as never] } } }),
    'a getter in the context': (note) =>
      createMachine({
        context: {
          get count() {
            note('getter');
            return 1;
          },
        },
        on: { go: { actions: assign({ count: 5 }) } },
      }),
    'a limit of eventless steps': (note) =>
      createMachine({
        context: COUNT,
        options: { maxIterations: 1 },
        initial: 'a',
        states: {
          a: {
            on: { go: { actions: count(note) } },
            always: { guard: ({ context }: { context: typeof COUNT }) => context.count > 0, target: 'b' },
          },
          b: {},
        },
      } as never),
  };

  it.each(Object.entries(machines))('%s', (_, make) => {
    const events = ['go', 'wait', 'rest', 'go', 'stranger', 'go'];
    expect(notesOf(make, events, true)).toEqual(notesOf(make, events, false));
  });

  it('and a guard that draws lots comes to the same', () => {
    const drawing = (note: Note) => {
      let draws = 0;
      return createMachine({
        context: COUNT,
        on: {
          go: [{ guard: () => draws++ % 3 === 2, actions: count(note) }, { guard: () => draws++ % 2 === 1 }],
        },
      });
    };
    const events = Array.from({ length: 20 }, () => 'go');
    expect(notesOf(drawing, events, true)).toEqual(notesOf(drawing, events, false));
  });
});

interface Implemented {
  implementations: { guards: Record<string, unknown>; actions: Record<string, unknown> };
}

/** The contexts of a machine, plain and accelerated, to which something happens between events. */
function contextsOf(make: () => AnyStateMachine, act: (actor: ReturnType<typeof createActor>) => void) {
  return [make(), accelerate(make())].map((machine) => {
    const actor = createActor(machine);
    actor.subscribe({ error: () => undefined });
    actor.start();
    act(actor);
    const { status, context } = actor.getSnapshot() as { status: string; context: unknown };
    return [status, context] as const;
  });
}

describe('an accelerated machine', () => {
  const by = (amount: number) =>
    assign({ count: ({ context }: { context: typeof COUNT }) => context.count + amount });
  const counting = () =>
    setup({
      types: { context: {} as typeof COUNT },
      guards: { isAllowed: () => true },
      actions: { inc: by(1) as never },
    }).createMachine({ context: COUNT, on: { go: { guard: 'isAllowed', actions: 'inc' } } });

  it('uses implementations that are replaced while it runs, as @xstate/react does after each render', () => {
    const [plain, fast] = contextsOf(counting, (actor) => {
      const logic = actor.logic as unknown as Implemented;
      actor.send({ type: 'go' });
      logic.implementations = { ...logic.implementations, actions: { inc: by(10) } };
      actor.send({ type: 'go' });
      logic.implementations = { ...logic.implementations, guards: { isAllowed: () => false } };
      actor.send({ type: 'go' });
    });
    expect([plain, fast]).toEqual([
      ['active', { count: 11 }],
      ['active', { count: 11 }],
    ]);
  });

  it('uses one that is replaced among those, or becomes an action of another kind', () => {
    let called = 0;
    const [plain, fast] = contextsOf(counting, (actor) => {
      const logic = actor.logic as unknown as Implemented;
      const actions = { ...logic.implementations.actions };
      const guards = { ...logic.implementations.guards };
      logic.implementations = { ...logic.implementations, actions, guards };
      actor.send({ type: 'go' });
      actions['inc'] = by(10);
      actor.send({ type: 'go' });
      actions['inc'] = () => called++;
      actor.send({ type: 'go' });
      guards['isAllowed'] = undefined;
      actor.send({ type: 'go' });
    });
    expect([plain, fast, called]).toEqual([['error', { count: 11 }], ['error', { count: 11 }], 2]);
  });

  it('does not have one of its own replaced without the others, which would go unseen', () => {
    const { actions } = accelerate(counting()).implementations as unknown as Implemented['implementations'];
    expect(() => (actions['inc'] = by(10))).toThrow(TypeError);
  });

  it('has the state nodes of the machine, as they were edited', () => {
    const edited = () => {
      const machine = counting();
      const [go] = machine.root.transitions.get('go') as [object];
      machine.root.transitions.set('more', [{ ...go, actions: [by(5)] } as never]);
      return machine;
    };
    const [plain, fast] = contextsOf(edited, (actor) => {
      actor.send({ type: 'more' });
    });
    expect([plain, fast]).toEqual([
      ['active', { count: 5 }],
      ['active', { count: 5 }],
    ]);
  });

  it('tells a restored snapshot without a context as XState does', () => {
    const [plain, fast] = [counting(), accelerate(counting())].map((machine) => {
      const snapshot = { status: 'active', value: {}, children: {} } as never;
      const errors: unknown[] = [];
      const actor = createActor(machine, { snapshot });
      actor.subscribe({ error: (error) => errors.push(String(error)) });
      actor.start();
      actor.send({ type: 'go' });
      return errors;
    });
    expect(fast).toEqual(plain);
    expect(fast).toHaveLength(1);
  });

  const nested = () =>
    setup({
      types: { context: {} as typeof COUNT },
      actions: { inc: by(1) as never, more: by(10) as never },
    }).createMachine({
      context: COUNT,
      initial: 'a',
      states: {
        a: { tags: 'first', on: { go: { actions: 'inc' }, next: 'b' } },
        b: { tags: 'second', on: { go: { actions: 'more' } } },
      },
    });

  it.each<[string, (snapshot: AnyMachineSnapshot, machine: AnyStateMachine) => object]>([
    ['another value', (snapshot) => ({ ...snapshot, value: 'b' })],
    ['other tags and functions', (snapshot) => ({ ...snapshot, tags: new Set(['x']), can: () => false })],
    ['no history', (snapshot) => ({ ...snapshot, historyValue: undefined })],
    ['more in it', (snapshot) => ({ ...snapshot, novelty: true })],
    [
      'a symbol in its context',
      (snapshot) => ({ ...snapshot, context: { count: 1, [Symbol.for('mark')]: 1 } }),
    ],
    ['a machine of its own', (snapshot) => ({ ...snapshot, machine: nested() })],
  ])('takes a snapshot from elsewhere, with %s, as XState does', (_, change) => {
    const [plain, fast] = [nested(), accelerate(nested())].map((machine) => {
      const [initial] = initialTransition(machine);
      const [counted] = transition(machine, initial, { type: 'go' });
      const changed = change(counted, machine) as typeof counted;
      const [next] = transition(machine, changed, { type: 'go' });
      const [after] = transition(machine, next, { type: 'go' });
      return [next, after].map((each) => ({
        keys: Object.keys(each),
        value: each.value,
        tags: [...each.tags],
        context: each.context,
        mark: Object.getOwnPropertySymbols(each.context),
        can: each.can({ type: 'next' }),
        history: each.historyValue,
        isOwn: each.machine === machine,
      }));
    });
    expect(fast).toEqual(plain);
  });

  it('refuses what is no machine', () => {
    expect(() => accelerate(null as never)).toThrow('machine: expected a state machine, received null');
  });

  it('is the machine itself where somebody has replaced its methods', () => {
    class Special extends (StateMachine as unknown as new (config: unknown, actions: object) => object) {}
    const special = new Special(counting().config, {}) as unknown as ReturnType<typeof counting>;
    const patched = counting() as AnyStateMachine;
    patched.getTransitionData = () => [];
    const wrapped = counting() as AnyStateMachine;
    wrapped.transition = (snapshot) => snapshot;
    const logic = fromPromise(() => Promise.resolve()) as unknown as AnyStateMachine;
    for (const machine of [special, patched, wrapped, logic]) expect(accelerate(machine)).toBe(machine);
  });
});
