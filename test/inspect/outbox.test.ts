import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Outbox, type OutboxOptions } from '../../src/inspect/outbox.js';

type Batch = [items: number[], dropped: number];

function outboxWith(options: Partial<OutboxOptions<number>> = {}) {
  const batches: Batch[] = [];
  const outbox = new Outbox<number>({
    capacity: 1_000,
    rate: 10_000,
    isBusy: () => false,
    deliver: (items, dropped) => batches.push([[...items], dropped]),
    ...options,
  });
  return { outbox, batches };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('Outbox', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('delivers later, in order', () => {
    const { outbox, batches } = outboxWith();
    for (const item of [1, 2, 3]) outbox.put(item);
    expect(batches).toEqual([]);
    jest.advanceTimersByTime(10);
    expect(batches).toEqual([[[1, 2, 3], 0]]);
  });

  it('delivers 100 at once, and the others after them', () => {
    const { outbox, batches } = outboxWith();
    for (const item of upTo(250)) outbox.put(item);
    jest.advanceTimersByTime(30);
    expect(batches.map(([items]) => items.length)).toEqual([100, 100, 50]);
    expect(batches.flatMap(([items]) => items)).toEqual(upTo(250));
  });

  it('delivers those of a second at first, and then keeps to its rate', () => {
    const { outbox, batches } = outboxWith({ rate: 50 });
    for (const item of upTo(200)) outbox.put(item);
    const delivered = [10, 990, 1_000].map((time) => {
      jest.advanceTimersByTime(time);
      return batches.flatMap(([items]) => items).length;
    });
    expect(delivered).toEqual([50, 99, 149]);
  });

  it('drops the oldest when it is full, and tells how many with the next batch', () => {
    const { outbox, batches } = outboxWith({ capacity: 3 });
    for (const item of upTo(5)) outbox.put(item);
    jest.advanceTimersByTime(10);
    outbox.put(6);
    jest.advanceTimersByTime(10);
    expect(batches).toEqual([
      [[3, 4, 5], 2],
      [[6], 0],
    ]);
    expect(outbox.dropped).toBe(2);
  });

  it('waits as long as the receiver is busy', () => {
    let isBusy = true;
    const { outbox, batches } = outboxWith({ isBusy: () => isBusy });
    outbox.put(1);
    jest.advanceTimersByTime(60_000);
    expect(batches).toEqual([]);
    isBusy = false;
    jest.advanceTimersByTime(10);
    expect(batches).toEqual([[[1], 0]]);
  });

  it('delivers what waits when it is closed, and nothing after that', () => {
    const { outbox, batches } = outboxWith({ rate: 1 });
    for (const item of upTo(150)) outbox.put(item);
    outbox.close();
    outbox.put(151);
    jest.runAllTimers();
    expect(batches).toEqual([[upTo(150), 0]]);
  });

  it('drops what waits when it is closed while the receiver is busy', () => {
    const { outbox, batches } = outboxWith({ isBusy: () => true });
    for (const item of [1, 2]) outbox.put(item);
    outbox.close();
    expect([batches, outbox.dropped]).toEqual([[], 2]);
  });
});
