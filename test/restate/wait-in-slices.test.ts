import { describe, expect, it } from '@jest/globals';
import { lifecycleTags } from '../../src/restate/wire/messages.js';
import { stillWaiting } from '../../src/restate/object/kept-waiters.js';
import { waitInSlices } from '../../src/restate/client/wait-in-slices.js';

describe('a wait', () => {
  it('asks again until its time is over, for no longer than a minute each time', async () => {
    const slices: number[] = [];
    const answer = await waitInSlices((slice) => {
      slices.push(slice);
      return Promise.resolve({ type: slices.length === 1 ? 'timedOut' : 'unknown' });
    }, 600_000);
    expect([answer, slices]).toEqual([{ type: 'unknown' }, [60_000, 60_000]]);
  });

  it('ends when its time is over', async () => {
    let count = 0;
    const ask = (slice: number) => {
      count += 1;
      return new Promise<{ type: 'timedOut' }>((resolve) => {
        setTimeout(resolve, slice + 2, { type: 'timedOut' });
      });
    };
    expect([await waitInSlices(ask, 5), count]).toEqual([{ type: 'timedOut' }, 1]);
  });

  it('is for a tag of the chart', () => {
    expect(lifecycleTags).toEqual(
      expect.arrayContaining(['running', 'accepting', 'active', 'terminal', 'transitioning', 'failed']),
    );
  });

  it('is let go of by the object long after it is over', () => {
    const waiter = { awakeable: 'a', tag: 'running', until: 1_000 } as const;
    expect([stillWaiting([waiter], 61_000), stillWaiting([waiter], 60_999)]).toEqual([[], [waiter]]);
  });
});
