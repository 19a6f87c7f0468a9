import fs from 'node:fs';
import path from 'node:path';
import type { Database as SqliteDatabase } from 'node-sqlite3-wasm';
import * as z from 'zod/mini';
import { lockDirectory, type DirectoryLock } from './directory-lock.js';
import { type Json, assertNoGap, type SnapshotStore, StoreError } from 'xstate-agent-lifecycle/durable';
import {
  bringToFormat,
  checksumOf,
  formatOf,
  INSERT_SNAPSHOT,
  insertLines,
  lineIn,
  snapshotIn,
} from './sqlite-format.js';
import { loadSqlite } from './load-sqlite.js';
import { makeDirectory } from './make-directory.js';
import { quietlySync, withCleanUpSync } from '../../../../src/util/clean-up.js';

/**
 * A store in a directory of its own, which one process has at a time. It is an SQLite database with a rollback journal
 * and `synchronous=FULL`: when a call that writes has returned, the journal and the database were synced to the disk,
 * and so it is there after the process, or the machine, was ended at any moment.
 *
 * @throws {StoreError} `DirectoryInUse`, `DirectoryUnusable`, `StoreDamaged`, `NewerStore`, `StoreFailed`
 */
// eslint-disable-next-line @typescript-eslint/require-await -- it rejects, and may wait for something later on
export async function openSqliteStore(directory: string): Promise<SnapshotStore> {
  const { Database } = loadSqlite();
  const lock = takeDirectory(directory);
  try {
    const database = openDatabase(path.resolve(directory, 'host.db'), (file) => new Database(file));
    return storeIn(database, path.join(directory, 'host.db'), () => {
      lock.release();
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** @throws {StoreError} `DirectoryInUse`, `DirectoryUnusable` */
function takeDirectory(directory: string): DirectoryLock {
  try {
    makeDirectory(directory);
    return lockDirectory(directory);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === 'EEXIST' ? 'found a file' : message;
    throw new StoreError({ code: 'DirectoryUnusable', directory, problem }, { cause });
  }
}

const rowSchema = {
  key: z.object({ key: z.string() }),
  last: z.object({ last: z.nullable(z.number()) }),
};

function storeIn(database: SqliteDatabase, file: string, onClose: () => void): SnapshotStore {
  const attempt = <Result>(run: () => Result): Result => withStoreErrors(file, run);
  const get: SnapshotStore['get'] = (key) => {
    const row = attempt(() => database.get('SELECT * FROM snapshots WHERE key = ?', [key]));
    if (row === null) return null;
    const { value, revision } = snapshotIn(row, file);
    return { value: jsonIn(value, file, `the value of ${JSON.stringify(key)}`), revision };
  };
  const assertRevision = (key: string, expected: number): void => {
    const actual = get(key)?.revision ?? 0;
    if (actual !== expected) throw new StoreError({ code: 'RevisionConflict', key, expected, actual });
  };
  return {
    get,
    put: (key, value, expected) => {
      assertRevision(key, expected);
      const revision = expected + 1;
      const text = JSON.stringify(value);
      attempt(() => database.run(INSERT_SNAPSHOT, [key, text, revision, checksumOf(key, revision, text)]));
      return revision;
    },
    delete: (key, expected) => {
      assertRevision(key, expected);
      attempt(() => database.run('DELETE FROM snapshots WHERE key = ?', [key]));
    },
    list: (prefix = '') =>
      attempt(() =>
        database.all('SELECT key FROM snapshots WHERE substr(key, 1, length(?)) = ? ORDER BY key', [
          prefix,
          prefix,
        ]),
      ).map((row) => z.parse(rowSchema.key, row).key),
    append: (journal, lines) => {
      if (lines.length === 0) return;
      const row = attempt(() =>
        database.get('SELECT max(sequence) AS last FROM journals WHERE journal = ?', [journal]),
      );
      assertNoGap(journal, z.parse(rowSchema.last, row).last, lines);
      const values = lines.flatMap(({ sequence, value }) => {
        const text = JSON.stringify(value);
        return [journal, sequence, text, checksumOf(journal, sequence, text)];
      });
      attempt(() => database.run(insertLines(lines.length), values));
    },
    read: (journal, after = 0) =>
      attempt(() =>
        database.all('SELECT * FROM journals WHERE journal = ? AND sequence > ? ORDER BY sequence', [
          journal,
          after,
        ]),
      ).map((row) => {
        const { sequence, value } = lineIn(row, file);
        const what = `the line ${sequence} of the journal ${JSON.stringify(journal)}`;
        return { sequence, value: jsonIn(value, file, what) };
      }),
    trim: (journal, upTo) => {
      attempt(() =>
        database.run('DELETE FROM journals WHERE journal = ? AND sequence <= ?', [journal, upTo]),
      );
    },
    atomically: (change) => {
      attempt(() => {
        database.exec('BEGIN IMMEDIATE');
      });
      try {
        change();
        attempt(() => {
          database.exec('COMMIT');
        });
      } catch (error) {
        rollBack(database);
        throw error;
      }
    },
    close: () => {
      if (!database.isOpen) return;
      withCleanUpSync(() => {
        database.close();
      }, onClose);
    },
  };
}

function jsonIn(text: string, file: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new StoreError({ code: 'StoreDamaged', file, problem: `${what} is no JSON` }, { cause });
  }
}

function rollBack(database: SqliteDatabase): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // What cannot be taken back now is taken back when the database is opened.
  }
}

function openDatabase(file: string, open: (file: string) => SqliteDatabase): SqliteDatabase {
  const version = formatOf(path.dirname(file));
  if (version !== null && !fs.existsSync(file)) {
    throw new StoreError({ code: 'StoreDamaged', file, problem: 'it is not there' });
  }
  // The lock of a process that was killed. The directory belongs to this one alone.
  fs.rmSync(`${file}.lock`, { recursive: true, force: true });
  const database = withStoreErrors(file, () => open(file));
  try {
    withStoreErrors(file, () => {
      // Before the first access to the file, which rolls an unfinished change back.
      database.exec('PRAGMA locking_mode = EXCLUSIVE');
      database.exec('PRAGMA journal_mode = PERSIST');
      database.exec('PRAGMA synchronous = FULL');
    });
    withStoreErrors(file, () => {
      bringToFormat(database, file, version);
    });
    return database;
  } catch (error) {
    quietlySync(() => {
      database.close();
    });
    throw error;
  }
}

function withStoreErrors<Result>(file: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const problem = (cause as Error).message;
    const code = /malformed|not a database/.test(problem) ? 'StoreDamaged' : 'StoreFailed';
    throw new StoreError({ code, file, problem }, { cause });
  }
}
