import { describe, expect, it } from '@jest/globals';
import { endPeriod, grantLease } from '../../src/restate/object/serving-lease.js';

const granted = { generation: 2, session: 'a process', token: 9, period: 500 };

describe('a lease', () => {
  it('begins as if it was renewed', () => {
    expect(grantLease(granted)).toEqual({
      ...granted,
      isRenewed: true,
      missed: 0,
    });
  });

  it('is lost after two whole periods in which nobody renews it', () => {
    const first = endPeriod(grantLease(granted));
    const second = first.type === 'kept' ? endPeriod(first.lease) : first;
    const third = second.type === 'kept' ? endPeriod(second.lease) : second;
    expect([first, second, third]).toEqual([
      { type: 'kept', lease: { ...granted, isRenewed: false, missed: 0 } },
      { type: 'kept', lease: { ...granted, isRenewed: false, missed: 1 } },
      { type: 'lost' },
    ]);
  });

  it('is kept by one renewal in a period', () => {
    const lease = { ...granted, isRenewed: true, missed: 1 };
    expect(endPeriod(lease)).toEqual({ type: 'kept', lease: { ...lease, isRenewed: false, missed: 0 } });
  });
});
