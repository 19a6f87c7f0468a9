import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TimingWheel } from '../../src/fleet/timing-wheel.js';
import { SteppedClock } from '../../src/testing/index.js';

function wheelOf(rows: number, turnBudget = Infinity) {
  const clock = new SteppedClock();
  const fired: [row: number, at: number][] = [];
  const wheel = new TimingWheel({ clock, turnBudget, onDue: (row) => fired.push([row, clock.now()]) });
  wheel.grow(rows);
  return { clock, fired, wheel };
}

describe('a timing wheel', () => {
  it('fires each deadline at its own moment', () => {
    const { clock, fired, wheel } = wheelOf(5);
    const delays = [0, 1, 1_023, 1_024, 5_000_000];
    for (const [row, delay] of delays.entries()) wheel.arm(row, delay);
    clock.advance(5_000_000);
    expect([fired, wheel.armed]).toEqual([[...delays.entries()], 0]);
  });

  it('fires those of one moment in the order of their arming', () => {
    const { clock, fired, wheel } = wheelOf(3);
    for (const row of [2, 0, 1]) wheel.arm(row, 30_000);
    clock.advance(30_000);
    expect(fired.map(([row]) => row)).toEqual([2, 0, 1]);
  });

  it('fires nothing that was cancelled, or armed anew', () => {
    const { clock, fired, wheel } = wheelOf(2);
    wheel.arm(0, 10);
    wheel.arm(1, 10);
    wheel.cancel(0);
    wheel.cancel(0);
    wheel.arm(1, 20);
    clock.advance(100);
    expect(fired).toEqual([[1, 20]]);
  });

  it('does as many at once as a turn has time for, and the rest in the turns after', () => {
    const timers: (() => void)[] = [];
    let now = 0;
    const fired: number[] = [];
    const clock = {
      now: () => now,
      setTimeout: (callback: () => void) => timers.push(callback),
      clearTimeout: () => undefined,
    };
    const wheel = new TimingWheel({ clock, turnBudget: 0, onDue: (row) => fired.push(row) });
    wheel.grow(1_000);
    for (let row = 0; row < 1_000; row++) wheel.arm(row, 10);
    now = 10;
    timers.shift()?.();
    const atOnce = fired.length;
    for (let turn = timers.shift(); turn !== undefined; turn = timers.shift()) turn();
    expect([atOnce < 100, fired.length, wheel.armed]).toEqual([true, 1_000, 0]);
  });

  it('agrees with a clock that has a timer for each deadline', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('arm' as const),
        row: fc.nat(9),
        delay: fc.oneof(fc.nat(50), fc.nat(3_000_000)),
      }),
      fc.record({ do: fc.constant('cancel' as const), row: fc.nat(9) }),
      fc.record({
        do: fc.constant('advance' as const),
        ms: fc.oneof(fc.nat(50), fc.nat(2_000), fc.nat(3_000_000)),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, fired, wheel } = wheelOf(10);
        const plain = new SteppedClock();
        const expected: [number, number][] = [];
        const timers = new Map<number, unknown>();
        for (const each of steps) {
          if (each.do === 'advance') {
            clock.advance(each.ms);
            plain.advance(each.ms);
            continue;
          }
          plain.clearTimeout(timers.get(each.row));
          if (each.do === 'cancel') wheel.cancel(each.row);
          else {
            wheel.arm(each.row, each.delay);
            const { row } = each;
            timers.set(
              row,
              plain.setTimeout(() => expected.push([row, plain.now()]), each.delay),
            );
          }
        }
        const inOrder = (list: [number, number][]) => [...list].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
        expect(inOrder(fired)).toEqual(inOrder(expected));
      }),
    );
  });
});
