import fs from 'node:fs';
import path from 'node:path';
import type { Database as SqliteDatabase } from 'node-sqlite3-wasm';
import * as z from 'zod/mini';
import { lockDirectory, type DirectoryLock } from './directory-lock.js';
import { refuseGap } from '../../../../src/host/persistence/journal-order.js';
import { makeDirectory } from './make-directory.js';
import {
  bringToFormat,
  checksumOf,
  formatOf,
  INSERT_SNAPSHOT,
  insertLines,
  lineIn,
  snapshotIn,
} from './sqlite-format.js';
import type { Json, SnapshotStore } from '../../../../src/host/persistence/snapshot-store.js';
import { StoreError } from '../../../../src/host/persistence/store-error.js';
import { quietlySync, withCleanUpSync } from '../../../../src/util/clean-up.js';

/**
 * A store in a directory of its own, which one process has at a time. It is an SQLite database with a rollback journal
 * and `synchronous=FULL`: when a call that writes has returned, the journal and the database were synced to the disk,
 * and so it is there after the process, or the machine, was ended at any moment.
 *
 * @throws {StoreError} `DirectoryInUse`, `DirectoryUnusable`, `StoreDamaged`, `NewerStore`, `StoreFailed`
 */
export async function openSqliteStore(directory: string): Promise<SnapshotStore> {
  // Its WebAssembly is loaded where it is used, and nowhere else.
  const { Database } = (await import('node-sqlite3-wasm')).default;
  const lock = haveDirectory(directory);
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
function haveDirectory(directory: string): DirectoryLock {
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
  const attempt = <Result>(run: () => Result): Result => failuresTold(file, run);
  const get: SnapshotStore['get'] = (key) => {
    const row = attempt(() => database.get('SELECT * FROM snapshots WHERE key = ?', [key]));
    if (row === null) return null;
    const { value, revision } = snapshotIn(row, file);
    return { value: jsonIn(value, file, `the value of ${JSON.stringify(key)}`), revision };
  };
  const expectRevision = (key: string, expected: number): void => {
    const actual = get(key)?.revision ?? 0;
    if (actual !== expected) throw new StoreError({ code: 'RevisionConflict', key, expected, actual });
  };
  return {
    get,
    put: (key, value, expected) => {
      expectRevision(key, expected);
      const revision = expected + 1;
      const text = JSON.stringify(value);
      attempt(() => database.run(INSERT_SNAPSHOT, [key, text, revision, checksumOf(key, revision, text)]));
      return revision;
    },
    delete: (key, expected) => {
      expectRevision(key, expected);
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
      refuseGap(journal, z.parse(rowSchema.last, row).last, lines);
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
        takeBack(database);
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

function takeBack(database: SqliteDatabase): void {
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
  // What a process left that was killed. The directory is this one's alone.
  fs.rmSync(lockOf(file), { recursive: true, force: true });
  const database = failuresTold(file, () => open(file));
  try {
    withoutLockSeen(file, () => {
      failuresTold(file, () => {
        // From the first look at the file, at which a change that was cut short is taken back.
        database.exec('PRAGMA locking_mode = EXCLUSIVE');
        database.exec('PRAGMA journal_mode = PERSIST');
        database.exec('PRAGMA synchronous = FULL');
      });
      failuresTold(file, () => {
        bringToFormat(database, file, version);
      });
    });
    return database;
  } catch (error) {
    quietlySync(() => {
      database.close();
    });
    throw error;
  }
}

/**
 * node-sqlite3-wasm takes the lock that it has just made for that of another process, in whose hands a change would be
 * that was cut short, and leaves that as it is, half done. While the database is opened, it does not see the lock.
 */
function withoutLockSeen(file: string, open: () => void): void {
  const { accessSync } = fs;
  fs.accessSync = (place, mode) => {
    if (place === lockOf(file)) throw new Error('There is no other process');
    accessSync(place, mode);
  };
  try {
    open();
  } finally {
    fs.accessSync = accessSync;
  }
}

function lockOf(file: string): string {
  return `${file}.lock`;
}

function failuresTold<Result>(file: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const problem = (cause as Error).message;
    const code = /malformed|not a database/.test(problem) ? 'StoreDamaged' : 'StoreFailed';
    throw new StoreError({ code, file, problem }, { cause });
  }
}
