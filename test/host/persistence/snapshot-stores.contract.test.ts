import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMemoryStore, type SnapshotStore } from '../../../src/durable.js';
import { openSqliteStore } from '../../../packages/agent-lifecycle/src/sqlite/sqlite-store.js';
import { describeSnapshotStore } from '../../contracts/snapshot-store.js';

const folder = mkdtempSync(path.join(tmpdir(), 'stores-'));
const directories = new WeakMap<SnapshotStore, string>();
let count = 0;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function openIn(directory: string): Promise<SnapshotStore> {
  const store = await openSqliteStore(directory);
  directories.set(store, directory);
  return store;
}

describeSnapshotStore('a store in memory', { create: createMemoryStore, reopen: (store) => store });

describeSnapshotStore('a store in SQLite', {
  create: () => openIn(path.join(folder, String(count++))),
  reopen: (store) => {
    store.close();
    return openIn(String(directories.get(store)));
  },
});
