import assert from 'node:assert/strict';
import type { SnapshotStore } from '../../host/persistence/snapshot-store.js';

interface StoreTest {
  readonly name: string;
  readonly run: (store: SnapshotStore, reopen: () => Promise<SnapshotStore>) => void | Promise<void>;
}

/** Every kind of JSON, and what is easily lost of it. */
const VALUE = { text: 'ü\u0000\u{1f600}', number: -1.5, list: [true, null, {}], nested: { '': '' } };

/** Compares by value alone: under Jest, what a native package returns has other prototypes than the test file. */
function deepStrictEqual(received: unknown, expected: unknown): void {
  assert.deepStrictEqual(ofThisRealm(received), expected);
}

function ofThisRealm(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, ofThisRealm);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ofThisRealm(each)]));
}

const line = (sequence: number) => ({ sequence, value: { at: sequence } });

/** What every store must do. */
export const SNAPSHOT_STORE_CONTRACT: readonly StoreTest[] = [
  {
    name: 'has nothing at first',
    run: (store) => {
      deepStrictEqual([store.get('a'), store.list(), store.read('j')], [null, [], []]);
    },
  },
  {
    name: 'gives what was put, with its revision',
    run: (store) => {
      deepStrictEqual(store.put('a', VALUE, 0), 1);
      deepStrictEqual(store.get('a'), { value: VALUE, revision: 1 });
    },
  },
  {
    name: 'counts the revisions of a key',
    run: (store) => {
      store.put('a', 1, 0);
      store.put('b', 1, 0);
      deepStrictEqual(store.put('a', 2, 1), 2);
      deepStrictEqual(store.get('a'), { value: 2, revision: 2 });
    },
  },
  {
    name: 'refuses to put over another revision than expected, and changes nothing',
    run: (store) => {
      store.put('a', 1, 0);
      for (const expected of [0, 2]) {
        assert.throws(() => store.put('a', 2, expected), {
          code: 'RevisionConflict',
          detail: { code: 'RevisionConflict', key: 'a', expected, actual: 1 },
        });
      }
      deepStrictEqual(store.get('a'), { value: 1, revision: 1 });
    },
  },
  {
    name: 'refuses to put over what is not there',
    run: (store) => {
      assert.throws(() => store.put('a', 1, 1), { code: 'RevisionConflict' });
      deepStrictEqual(store.get('a'), null);
    },
  },
  {
    name: 'deletes a key, which begins anew',
    run: (store) => {
      store.put('a', 1, 0);
      store.delete('a', 1);
      deepStrictEqual([store.get('a'), store.put('a', 2, 0)], [null, 1]);
    },
  },
  {
    name: 'refuses to delete another revision than expected',
    run: (store) => {
      store.put('a', 1, 0);
      assert.throws(
        () => {
          store.delete('a', 2);
        },
        { code: 'RevisionConflict' },
      );
      deepStrictEqual(store.list(), ['a']);
    },
  },
  {
    name: 'lists the keys that begin so, in the order of their code points',
    run: (store) => {
      for (const key of ['b/2', 'b/\u{1f600}', 'b/\uffee', 'b/1', 'a', 'b%', 'B/1']) store.put(key, null, 0);
      deepStrictEqual(store.list('b/'), ['b/1', 'b/2', 'b/\uffee', 'b/\u{1f600}']);
      deepStrictEqual(store.list().length, 7);
    },
  },
  {
    name: 'keeps the value that was put, whatever becomes of the object',
    run: (store) => {
      const value = { list: [1] };
      store.put('a', value, 0);
      value.list.push(2);
      deepStrictEqual(store.get('a')?.value, { list: [1] });
    },
  },
  {
    name: 'reads the lines of a journal in their order, and those after one of them',
    run: (store) => {
      store.append('j', [line(1), line(2)]);
      store.append('other', [line(1)]);
      store.append('j', [line(3)]);
      deepStrictEqual(store.read('j'), [line(1), line(2), line(3)]);
      deepStrictEqual(store.read('j', 2), [line(3)]);
    },
  },
  {
    name: 'refuses lines that do not follow the last, all of them',
    run: (store) => {
      store.append('j', [line(1)]);
      for (const lines of [[line(3)], [line(1)], [line(2), line(4)]]) {
        assert.throws(
          () => {
            store.append('j', lines);
          },
          { code: 'JournalGap' },
        );
      }
      deepStrictEqual(store.read('j'), [line(1)]);
    },
  },
  {
    name: 'forgets the lines up to a number, and goes on after the last',
    run: (store) => {
      store.append('j', [line(1), line(2), line(3)]);
      store.trim('j', 2);
      store.append('j', [line(4)]);
      deepStrictEqual(store.read('j'), [line(3), line(4)]);
    },
  },
  {
    name: 'begins a journal that was forgotten with any number',
    run: (store) => {
      store.append('j', [line(1)]);
      store.trim('j', 1);
      store.append('j', [line(7)]);
      deepStrictEqual(store.read('j'), [line(7)]);
    },
  },
  {
    name: 'takes no line for an append of none',
    run: (store) => {
      store.append('j', []);
      deepStrictEqual(store.read('j'), []);
    },
  },
  {
    name: 'does at once what is to be one change, and has it when it is opened again',
    run: async (store, reopen) => {
      store.put('gone', 1, 0);
      store.append('j', [line(1)]);
      store.atomically(() => {
        store.put('a', 1, 0);
        store.delete('gone', 1);
        store.append('j', [line(2)]);
        store.trim('j', 1);
      });
      const again = await reopen();
      deepStrictEqual(
        [again.list(), again.get('a'), again.read('j')],
        [['a'], { value: 1, revision: 1 }, [line(2)]],
      );
    },
  },
  {
    name: 'takes back a change of which a part is refused, and goes on',
    run: async (store, reopen) => {
      store.append('j', [line(1)]);
      assert.throws(
        () => {
          store.atomically(() => {
            store.put('a', 1, 0);
            store.append('j', [line(2)]);
            store.put('a', 2, 0);
          });
        },
        { code: 'RevisionConflict' },
      );
      deepStrictEqual([store.get('a'), store.read('j')], [null, [line(1)]]);
      store.put('b', 1, 0);
      const again = await reopen();
      deepStrictEqual([again.list(), again.read('j')], [['b'], [line(1)]]);
    },
  },
  {
    name: 'has all of it when it is opened again',
    run: async (store, reopen) => {
      store.put('a', VALUE, 0);
      store.append('j', [line(1)]);
      const again = await reopen();
      deepStrictEqual([again.get('a'), again.read('j')], [{ value: VALUE, revision: 1 }, [line(1)]]);
    },
  },
];
