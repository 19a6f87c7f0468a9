import { describe, expect, it } from '@jest/globals';
import { appended, type ObjectOccurrence } from '../../src/restate/object/object-journal.js';

const how = { at: 1, generation: 1, capacity: 1_000 };
const refusal = (text: string): ObjectOccurrence => ({
  type: 'refusal',
  event: text,
  code: 'UnknownEvent',
  message: text,
});

describe('the journal of an object', () => {
  it('cuts the texts of its entries', () => {
    expect(appended([], [refusal('🙂'.repeat(1_000))], how)).toEqual([
      { sequence: 1, at: 1, generation: 1, ...refusal('🙂'.repeat(500)) },
    ]);
  });

  it('has the oldest make room, by their number and by their bytes', () => {
    const many = Array.from({ length: 900 }, () => refusal('a'.repeat(1_000)));
    const kept = appended([], many, how);
    expect(kept.at(-1)?.sequence).toBe(900);
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(530_000);
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeGreaterThan(500_000);
    expect(appended(kept, [refusal('b')], { ...how, capacity: 2 }).map(({ sequence }) => sequence)).toEqual([
      900, 901,
    ]);
  });
});
