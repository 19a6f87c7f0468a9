import { describe, expect, it } from '@jest/globals';
import { InvalidValueError } from '../../src/index.js';
import {
  checkLifecycle,
  ConformanceError,
  lifecyclePaths,
  machineSubject,
  runPath,
  SteppedClock,
  type LifecyclePath,
  type LifecycleSubject,
  type LifecycleView,
  type SubjectInput,
} from '../../src/testing/index.js';
import { brokenInvariant } from '../../src/testing/invariants.js';
import { BROKEN } from './broken-subjects.js';

const UNDER_ZERO = BROKEN['a count that goes under 0'];

describe('checkLifecycle', () => {
  it('finds nothing in a subject that conforms', async () => {
    expect(await checkLifecycle(machineSubject, { runs: 10, seed: 3 })).toEqual({
      failed: false,
      runs: 10,
      seed: 3,
    });
  });

  it('shrinks a failure to the shortest sequence, which its seed and path replay', async () => {
    const createSubject = (input: Parameters<typeof machineSubject>[0]) =>
      new (UNDER_ZERO as NonNullable<typeof UNDER_ZERO>)(input);
    const found = await checkLifecycle(createSubject, { seed: 1, runs: 500 });
    if (!found.failed) throw new Error('Nothing was found');
    const { steps, invariant } = found.error.deviation;
    expect([steps.map((step) => (step.do === 'send' ? step.event.type : step.do)), invariant]).toEqual([
      ['agent.load', 'settle', 'agent.instantiate', 'settle', 'agent.start', 'settle', 'request.complete'],
      'The count of pending requests lies from 0 to 10 000',
    ]);
    const again = await checkLifecycle(createSubject, { seed: found.seed, path: found.path });
    expect(again).toMatchObject({ failed: true, error: { message: found.error.message } });
  });
});

describe('a subject that throws', () => {
  const throwing = (method: keyof LifecycleSubject) => (input: SubjectInput) => ({
    ...machineSubject(input),
    [method]: () => {
      throw new Error(`${method} is broken`);
    },
  });

  it.each(['send', 'state', 'dispose'] as const)('at %s deviates, and the steps are told', async (method) => {
    const [path] = lifecyclePaths({ cover: 'transitions' });
    if (path === undefined) throw new Error('There is no path');
    const thrown: unknown = await runPath(path, throwing(method)).catch((error: unknown) => error);
    const steps = method === 'state' ? [] : path.steps.map(({ step }) => step);
    expect(thrown).toBeInstanceOf(ConformanceError);
    expect(thrown).toMatchObject({
      deviation: { steps, actual: null },
      cause: new Error(`${method} is broken`),
    });
  });

  it('when it is made deviates', async () => {
    const result = await checkLifecycle(() => {
      throw new Error('none left');
    });
    expect(result).toMatchObject({ failed: true, error: { cause: new Error('none left') } });
  });

  it('when it is disposed of, too, is told by what broke first', async () => {
    const subject = (input: SubjectInput) => ({
      ...throwing('dispose')(input),
      send: () => {
        throw new Error('send is broken');
      },
    });
    const [path] = lifecyclePaths({ cover: 'transitions' });
    if (path === undefined) throw new Error('There is no path');
    await expect(runPath(path, subject)).rejects.toMatchObject({ cause: new Error('send is broken') });
  });
});

it('a subject that refuses that time passes deviates', async () => {
  const result = await checkLifecycle(
    (input) => ({ ...machineSubject(input), advance: () => ({ accepted: false, code: 'Busy' }) }),
    { seed: 1 },
  );
  expect(result).toMatchObject({
    failed: true,
    error: { deviation: { actual: { accepted: false, code: 'Busy' } } },
  });
});

it('a subject that reports each refusal twice is caught', async () => {
  const result = await checkLifecycle(
    (input) => {
      const subject = machineSubject(input);
      return {
        ...subject,
        observed: async () => {
          const { operations = [], refusals = 0 } = (await subject.observed?.()) ?? {};
          return { operations, refusals: 2 * refusals };
        },
      };
    },
    { seed: 1 },
  );
  expect(result).toMatchObject({
    failed: true,
    error: { deviation: { invariant: 'Every refusal is reported once' } },
  });
});

it('a subject that shows more than a view is compared by what a view has', async () => {
  const result = await checkLifecycle(
    (input) => {
      const subject = machineSubject(input);
      const state = async () => Object.create({ ...(await subject.state()), more: 1 }) as LifecycleView;
      return { ...subject, state };
    },
    { runs: 5, seed: 1 },
  );
  expect(result.failed).toBe(false);
});

describe('a capacity', () => {
  const SMALL = lifecyclePaths().filter(({ input }) => input.capacity !== undefined);

  /** A subject, and the capacities with which it was created. */
  function recorded(subjectOf: (input: SubjectInput) => LifecycleSubject) {
    const given: (number | undefined)[] = [];
    const createSubject = (input: SubjectInput) => {
      given.push(input.capacity);
      return subjectOf(input);
    };
    return { given, createSubject };
  }

  /** One that says that it has a capacity, and takes 10 000 requests. */
  const careless = ({ capacity: _, ...input }: SubjectInput) => machineSubject(input);

  it('is given to a subject that has one, once that has said so', async () => {
    const { given, createSubject } = recorded(machineSubject);
    for (const path of SMALL) await runPath(path, createSubject);
    expect(given).toEqual([undefined, ...SMALL.map(({ input }) => input.capacity)]);
  });

  it('is not given to a subject without one, of which 10 000 are expected', async () => {
    const { given, createSubject } = recorded((input) => ({ ...careless(input), hasCapacity: false }));
    for (const path of SMALL) await runPath(path, createSubject);
    expect((await checkLifecycle(createSubject, { runs: 20, seed: 1 })).failed).toBe(false);
    expect(new Set(given)).toEqual(new Set([undefined]));
  });

  it('varies from one random sequence to the next', async () => {
    const { given, createSubject } = recorded(machineSubject);
    await checkLifecycle(createSubject, { runs: 50, seed: 1 });
    expect(new Set(given)).toEqual(new Set([undefined, 1, 2, 3]));
  });

  it('is the one that is asked for', async () => {
    const { given, createSubject } = recorded(machineSubject);
    await checkLifecycle(createSubject, { runs: 5, seed: 1, input: { capacity: 5 } });
    expect(given).toEqual([undefined, 5, 5, 5, 5, 5]);
  });

  it('that is not kept is found by a path, and by random sequences, which are replayed', async () => {
    const failures = await Promise.allSettled(SMALL.map((path) => runPath(path, careless)));
    expect(failures.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(2);
    const found = await checkLifecycle(careless, { seed: 1 });
    if (!found.failed) throw new Error('Nothing was found');
    expect(found.error.deviation.expected.code).toBe('TooManyPendingRequests');
    const again = await checkLifecycle(careless, { seed: found.seed, path: found.path });
    expect(again).toMatchObject({ failed: true, error: { message: found.error.message } });
  });

  it('is asked of a subject that cannot be made', async () => {
    const error = new Error('none left');
    const failing = () => {
      throw error;
    };
    await expect(runPath(SMALL[0] as LifecyclePath, failing)).rejects.toMatchObject({ cause: error });
  });
});

describe('checkLifecycle refuses', () => {
  it('a path without its seed', async () => {
    await expect(checkLifecycle(machineSubject, { path: '0:0' })).rejects.toThrow(
      'seed: expected the seed that belongs to the path, received undefined',
    );
  });

  it('a capacity that no agent may have', async () => {
    await expect(checkLifecycle(machineSubject, { input: { capacity: 10_001 } })).rejects.toThrow(
      InvalidValueError,
    );
  });

  it('timeouts that no agent may have', async () => {
    await expect(checkLifecycle(machineSubject, { input: { drainTimeout: 1 } })).rejects.toThrow(
      InvalidValueError,
    );
  });
});

describe('random sequences', () => {
  it('come to each state in a fifth of them', async () => {
    const met = new Map<string, number>();
    await checkLifecycle(
      (input) => {
        const subject = machineSubject(input);
        const seen = new Set<string>();
        return {
          ...subject,
          state: async () => {
            const view = await subject.state();
            seen.add(view.state);
            return view;
          },
          dispose: () => {
            for (const state of seen) met.set(state, (met.get(state) ?? 0) + 1);
            return subject.dispose();
          },
        };
      },
      { runs: 200, seed: 1 },
    );
    expect([...met].filter(([, count]) => count < 40)).toEqual([]);
    expect(met.size).toBe(7);
  });
});

describe('an invariant', () => {
  const view = {
    state: 'running',
    operation: null,
    previousState: 'ready',
    pendingRequests: 3,
    failureReason: null,
  } as const;
  const taken = { accepted: true, code: null, observed: null };
  const refused = { accepted: false, code: 'x', view, observed: { operations: [], refusals: 4 } };

  it.each([
    ['lies from 0 to 10 000', view, { ...taken, view: { ...view, pendingRequests: -1 } }],
    ['changes by one at most', view, { ...taken, view: { ...view, pendingRequests: 5 } }],
    [
      'A final state never changes',
      { ...view, state: 'stopped' },
      { ...taken, view: { ...view, state: 'unloaded' } },
    ],
    ['only in a state that has it', view, { ...taken, view: { ...view, operation: 'loading' } }],
    ['No two operations', view, { ...taken, view, observed: { operations: ['stopping'], refusals: 0 } }],
    ['A refusal has a code', view, { ...refused, code: null }],
    ['nothing else has one', view, { ...taken, view, code: 'InvalidTransition' }],
    ['A refusal changes nothing', view, { ...refused, view: { ...view, pendingRequests: 2 } }],
    ['Every refusal is reported once', view, { ...refused, observed: { operations: [], refusals: 5 } }],
  ] as const)('is broken and named: %s', (name, before, after) => {
    const moment = { view: before, observed: { operations: [], refusals: 3 } };
    expect(brokenInvariant(moment, after)).toContain(name);
  });

  it('that counts refusals takes none for the one of a lifecycle that has ended', () => {
    const ended = { view: { ...view, state: 'stopped' }, observed: { operations: [], refusals: 3 } } as const;
    expect(brokenInvariant(ended, { ...ended, accepted: false, code: 'TerminalState' })).toBeNull();
  });

  it('holds of an ordinary step', () => {
    const before = { view, observed: null };
    expect(brokenInvariant(before, { ...taken, view: { ...view, pendingRequests: 4 } })).toBeNull();
  });
});

describe('SteppedClock', () => {
  it('fires timers in their order, each at its own moment', () => {
    const clock = new SteppedClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 20);
    clock.setTimeout(() => {
      fired.push('early');
      clock.setTimeout(() => fired.push('armed by early'), 5);
    }, 10);
    clock.clearTimeout(clock.setTimeout(() => fired.push('cleared'), 1));
    clock.advance(14);
    expect(fired).toEqual(['early']);
    clock.advance(6);
    expect(fired).toEqual(['early', 'armed by early', 'late']);
  });
});
