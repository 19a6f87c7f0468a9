import { jsonCopy } from '../../util/json.js';
import { assertNoGap, type JournalLine, type SnapshotStore, type StoredValue } from './snapshot-store.js';
import { StoreError } from './store-error.js';

/** A store that lasts as long as its process: for tests, and to see what a host would keep. */
export function createMemoryStore(): SnapshotStore {
  let values = new Map<string, StoredValue>();
  let journals = new Map<string, JournalLine[]>();
  const assertRevision = (key: string, expected: number): void => {
    const actual = values.get(key)?.revision ?? 0;
    if (actual !== expected) throw new StoreError({ code: 'RevisionConflict', key, expected, actual });
  };
  const linesOf = (journal: string) => journals.get(journal) ?? [];
  return {
    get: (key) => {
      const stored = values.get(key);
      return stored === undefined ? null : { ...stored, value: jsonCopy(stored.value) };
    },
    put: (key, value, expected) => {
      assertRevision(key, expected);
      const revision = expected + 1;
      values.set(key, { value: jsonCopy(value), revision });
      return revision;
    },
    delete: (key, expected) => {
      assertRevision(key, expected);
      values.delete(key);
    },
    list: (prefix = '') => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(byCodePoints),
    append: (journal, lines) => {
      const before = linesOf(journal);
      assertNoGap(journal, before.at(-1)?.sequence ?? null, lines);
      journals.set(journal, [
        ...before,
        ...lines.map(({ sequence, value }) => ({ sequence, value: jsonCopy(value) })),
      ]);
    },
    read: (journal, after = 0) =>
      linesOf(journal)
        .filter(({ sequence }) => sequence > after)
        .map(({ sequence, value }) => ({ sequence, value: jsonCopy(value) })),
    trim: (journal, upTo) => {
      const kept = linesOf(journal).filter(({ sequence }) => sequence > upTo);
      journals.set(journal, kept);
    },
    atomically: (change) => {
      const before = [new Map(values), new Map(journals)] as const;
      try {
        change();
      } catch (error) {
        [values, journals] = before;
        throw error;
      }
    },
    close: () => undefined,
  };
}

/** As SQLite compares UTF-8; strings themselves are compared by code units, which is another order. */
function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
