import { describe, expect, it } from '@jest/globals';
import { checkLifecycle, ConformanceError, machineSubject, SteppedClock } from '../../src/testing/index.js';
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
    const { steps, invariant } = (found.error as ConformanceError).deviation;
    expect([steps.map((step) => (step.do === 'send' ? step.event.type : step.do)), invariant]).toEqual([
      ['agent.load', 'settle', 'agent.instantiate', 'settle', 'agent.start', 'settle', 'request.complete'],
      'The count of pending requests lies from 0 to 10 000',
    ]);
    const again = await checkLifecycle(createSubject, { seed: found.seed, path: found.path });
    expect(again).toMatchObject({ failed: true, error: { message: (found.error as Error).message } });
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
  const taken = { accepted: true, code: null };

  it.each([
    ['lies from 0 to 10 000', view, { ...taken, view: { ...view, pendingRequests: -1 } }],
    ['changes by one at most', view, { ...taken, view: { ...view, pendingRequests: 5 } }],
    [
      'A final state never changes',
      { ...view, state: 'stopped' },
      { ...taken, view: { ...view, state: 'unloaded' } },
    ],
    ['only in a state that has it', view, { ...taken, view: { ...view, operation: 'loading' } }],
    ['A refusal has a code', view, { accepted: false, code: null, view }],
    ['nothing else has one', view, { accepted: true, code: 'InvalidTransition', view }],
    [
      'A refusal changes nothing',
      view,
      { accepted: false, code: 'x', view: { ...view, pendingRequests: 2 } },
    ],
  ] as const)('is broken and named: %s', (name, before, after) => {
    expect(brokenInvariant(before, after)).toContain(name);
  });

  it('holds of an ordinary step', () => {
    expect(brokenInvariant(view, { ...taken, view: { ...view, pendingRequests: 4 } })).toBeNull();
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
