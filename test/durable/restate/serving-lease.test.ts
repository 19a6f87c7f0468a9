import { describe, expect, it } from '@jest/globals';
import { endPeriod, grantLease } from '../../../src/durable/restate/serving-lease.js';

describe('a lease', () => {
  it('begins as if it was renewed', () => {
    expect(grantLease(2, 9, 500)).toEqual({
      generation: 2,
      token: 9,
      period: 500,
      isRenewed: true,
      missed: 0,
    });
  });

  it('is lost after two whole periods in which nobody renews it', () => {
    const first = endPeriod(grantLease(2, 9, 500));
    const second = first.type === 'kept' ? endPeriod(first.lease) : first;
    const third = second.type === 'kept' ? endPeriod(second.lease) : second;
    expect([first, second, third]).toEqual([
      { type: 'kept', lease: { generation: 2, token: 9, period: 500, isRenewed: false, missed: 0 } },
      { type: 'kept', lease: { generation: 2, token: 9, period: 500, isRenewed: false, missed: 1 } },
      { type: 'lost' },
    ]);
  });

  it('is kept by one renewal in a period', () => {
    const lease = { generation: 2, token: 9, period: 500, isRenewed: true, missed: 1 };
    expect(endPeriod(lease)).toEqual({ type: 'kept', lease: { ...lease, isRenewed: false, missed: 0 } });
  });
});
