import type { JournalLine } from './snapshot-store.js';
import { StoreError } from './store-error.js';

/**
 * @param last number of the last line that is kept; null where there is none, and any may follow
 * @throws {StoreError} `JournalGap` at the first line that does not follow the one before
 */
export function refuseGap(journal: string, last: number | null, lines: readonly JournalLine[]): void {
  let before = last;
  for (const { sequence: received } of lines) {
    const expected = before === null ? received : before + 1;
    if (received !== expected) throw new StoreError({ code: 'JournalGap', journal, expected, received });
    before = received;
  }
}
