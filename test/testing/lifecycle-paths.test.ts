import { describe, expect, it } from '@jest/globals';
import { coverageOf, lifecyclePaths, type LifecyclePath, type PathCover } from '../../src/testing/index.js';

const paths: Record<PathCover, LifecyclePath[]> = {
  states: lifecyclePaths({ cover: 'states' }),
  transitions: lifecyclePaths({ cover: 'transitions' }),
  pairs: lifecyclePaths(),
  simple: lifecyclePaths({ cover: 'simple' }),
};

function counts(cover: PathCover) {
  const { states, transitions, pairs } = coverageOf(paths[cover]);
  return [states, transitions, pairs.valid, pairs.invalid].map(({ covered, total }) => `${covered}/${total}`);
}

describe('the paths', () => {
  it.each<[PathCover, string[]]>([
    ['states', ['14/14', '14/52', '13/50', '0/252']],
    ['transitions', ['14/14', '52/52', '50/50', '0/252']],
    ['pairs', ['14/14', '52/52', '50/50', '252/252']],
    ['simple', ['14/14', '48/52', '47/50', '0/252']],
  ])('that cover %s cover states, transitions, valid and invalid pairs: %j', (cover, expected) => {
    expect(counts(cover)).toEqual(expected);
  });

  it('are the same each time', () => {
    expect(lifecyclePaths()).toEqual(paths.pairs);
  });

  it('are the same after a round trip through JSON', () => {
    expect(JSON.parse(JSON.stringify(paths.transitions))).toEqual(paths.transitions);
  });

  it('have names of their own', () => {
    expect(new Set(paths.pairs.map(({ name }) => name)).size).toBe(paths.pairs.length);
  });

  it.each([
    '10001 × request.accept',
    'agent.load → 29999 ms',
    'agent.load → 30000 ms',
    'agent.drain → 59999 ms',
    'agent.drain → 60000 ms',
    'agent.drain → 90000 ms',
    'agent.fail → agent.load',
    'agent.dance',
    'starting done → 2 × request.accept, with a capacity of 1',
    '2 × request.accept → agent.drain → request.accept, with a capacity of 2',
    'agent.load → agent.unload → loading done',
  ])('have one of %s among them', (part) => {
    expect(paths.pairs.some(({ name }) => name.includes(part))).toBe(true);
  });

  it('have the capacity that is given, and reach it', () => {
    const given = lifecyclePaths({ input: { capacity: 1 } });
    const codes = new Set(given.flatMap(({ steps }) => steps.map(({ expected }) => expected.code)));
    const counts = given.flatMap(({ steps }) => steps.map(({ expected }) => expected.view.pendingRequests));
    expect([Math.max(...counts), codes.has('TooManyPendingRequests')]).toEqual([1, true]);
    expect(new Set(given.map(({ input }) => input.capacity))).toEqual(new Set([1]));
  });

  it('say what holds after each step, and when that is', () => {
    const path = lifecyclePaths({ input: { transitionTimeout: 1_000 } }).find(
      ({ name }) => name === 'agent.load → 1000 ms',
    );
    expect(path).toEqual({
      name: 'agent.load → 1000 ms',
      input: { transitionTimeout: 1_000, drainTimeout: 60_000 },
      steps: [
        {
          step: { do: 'send', event: { type: 'agent.load' } },
          at: 0,
          expected: {
            accepted: true,
            code: null,
            view: {
              state: 'unloaded',
              operation: 'loading',
              previousState: null,
              pendingRequests: 0,
              failureReason: null,
            },
          },
        },
        {
          step: { do: 'advance', ms: 1_000 },
          at: 1_000,
          expected: {
            accepted: true,
            code: null,
            view: {
              state: 'failed',
              operation: null,
              previousState: 'unloaded',
              pendingRequests: 0,
              failureReason: 'Transition timeout exceeded: 1000ms',
            },
          },
        },
      ],
    });
  });
});

describe('lifecyclePaths refuses', () => {
  it('a cover that there is not', () => {
    expect(() => lifecyclePaths({ cover: 'all' as PathCover })).toThrow(
      'cover: expected one of states, transitions, pairs, simple, received "all"',
    );
  });

  it('a capacity that no agent may have', () => {
    expect(() => lifecyclePaths({ input: { capacity: 0 } })).toThrow(
      'Capacity: expected an integer from 1 to 10000, received 0',
    );
  });

  it('timeouts that no agent may have', () => {
    expect(() => lifecyclePaths({ input: { transitionTimeout: 999 } })).toThrow(
      'TransitionTimeout: expected an integer from 1000 to 300000 (milliseconds), received 999',
    );
  });
});

describe('coverageOf', () => {
  it('names what is missing', () => {
    const without = paths.pairs.filter(({ name }) => !name.endsWith('agent.unload'));
    const { states, pairs } = coverageOf(without);
    expect(states.missing).toEqual([]);
    expect(pairs.invalid.missing).toContain('running.serving: agent.unload');
  });
});
