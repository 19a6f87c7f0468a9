import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Database as SqliteDatabase } from 'node-sqlite3-wasm';
import * as z from 'zod/mini';
import { StoreError } from 'xstate-agent-lifecycle/durable';
import { quietlySync } from '../../../../src/util/clean-up.js';

/** Version 2 has a checksum in each row. */
const FORMAT = 2;

const TABLES = {
  snapshots: `CREATE TABLE snapshots (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL, checksum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  journals: `CREATE TABLE journals (
    journal TEXT NOT NULL, sequence INTEGER NOT NULL, value TEXT NOT NULL, checksum INTEGER NOT NULL,
    PRIMARY KEY (journal, sequence)
  ) STRICT, WITHOUT ROWID`,
};

/** SQLite's own check sees no difference between one text, or one number, and another. */
export function checksumOf(...fields: readonly (string | number)[]): number {
  return crc32(fields.join('\0'));
}

const rowSchema = {
  snapshots: z.object({ key: z.string(), value: z.string(), revision: z.int(), checksum: z.int() }),
  journals: z.object({ journal: z.string(), sequence: z.int(), value: z.string(), checksum: z.int() }),
};

/** @throws {StoreError} `StoreDamaged` for a row that is not as it was written */
export function snapshotIn(row: unknown, file: string) {
  const { success, data } = z.safeParse(rowSchema.snapshots, row);
  if (!success) throw damaged(file, 'a snapshot is no row of its table');
  const { key, value, revision, checksum } = data;
  if (checksum === checksumOf(key, revision, value)) return data;
  throw damaged(file, `the value of ${JSON.stringify(key)} is not as it was written`);
}

/** @throws {StoreError} `StoreDamaged` for a row that is not as it was written */
export function lineIn(row: unknown, file: string) {
  const { success, data } = z.safeParse(rowSchema.journals, row);
  if (!success) throw damaged(file, 'a line of a journal is no row of its table');
  const { journal, sequence, value, checksum } = data;
  if (checksum === checksumOf(journal, sequence, value)) return data;
  const what = `the line ${sequence} of the journal ${JSON.stringify(journal)}`;
  throw damaged(file, `${what} is not as it was written`);
}

/**
 * Makes the tables of a new store, and those of an older one as they are now. What was there is checked, all of it.
 *
 * @param version that of the store; null for a new one
 * @throws {StoreError} `StoreDamaged`
 */
export function bringToFormat(database: SqliteDatabase, file: string, version: number | null): void {
  const problem = integrityProblem(database);
  if (problem !== null) throw damaged(file, problem);
  if (version === null) createTables(database);
  if (version !== FORMAT && isVersion1(database)) migrate(database, file);
  if (!isCurrent(database)) throw damaged(file, 'its tables are not those of a store');
  for (const row of rowsOf(database, 'SELECT * FROM snapshots')) snapshotIn(row, file);
  for (const row of rowsOf(database, 'SELECT * FROM journals')) lineIn(row, file);
  if (version !== FORMAT) writeFormat(path.dirname(file));
}

/** @returns the version of the store in a directory; null where there is none yet */
export function formatOf(directory: string): number | null {
  const file = formatFileIn(directory);
  if (!fs.existsSync(file)) return null;
  const { version } = formatIn(file);
  if (version > FORMAT) throw new StoreError({ code: 'NewerStore', file, version, known: FORMAT });
  return version;
}

function integrityProblem(database: SqliteDatabase): string | null {
  try {
    const { integrity_check: found } = database.get('PRAGMA integrity_check') as { integrity_check: string };
    return found === 'ok' ? null : found;
  } catch (error) {
    return (error as Error).message;
  }
}

function createTables(database: SqliteDatabase): void {
  const statements = Object.values(TABLES).map((sql) => sql.replace('TABLE', 'TABLE IF NOT EXISTS'));
  database.exec(['BEGIN', ...statements, 'COMMIT;'].join(';\n'));
}

function isCurrent(database: SqliteDatabase): boolean {
  const rows = rowsOf(database, 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL');
  const found = [...rows].map((row) => (row as { sql: string }).sql);
  return found.sort().join() === Object.values(TABLES).sort().join();
}

function isVersion1(database: SqliteDatabase): boolean {
  const columns = ['snapshots', 'journals'].flatMap((table) =>
    [...rowsOf(database, `SELECT name FROM pragma_table_info('${table}')`)].map(
      (row) => (row as { name: string }).name,
    ),
  );
  return columns.join() === 'key,value,revision,journal,sequence,value';
}

/** What a row of version 1 was when it was written nobody knows: it counts as it is. */
function migrate(database: SqliteDatabase, file: string): void {
  const snapshots = database.all('SELECT key, value, revision, 0 AS checksum FROM snapshots');
  const lines = database.all('SELECT journal, sequence, value, 0 AS checksum FROM journals');
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(['DROP TABLE snapshots', 'DROP TABLE journals', ...Object.values(TABLES), ''].join(';\n'));
    for (const row of snapshots) {
      const { success, data } = z.safeParse(rowSchema.snapshots, row);
      if (!success || !isJson(data.value)) throw damaged(file, `a snapshot is no JSON`);
      const { key, value, revision } = data;
      database.run(INSERT_SNAPSHOT, [key, value, revision, checksumOf(key, revision, value)]);
    }
    for (const row of lines) {
      const { success, data } = z.safeParse(rowSchema.journals, row);
      if (!success || !isJson(data.value)) throw damaged(file, `a line of a journal is no JSON`);
      const { journal, sequence, value } = data;
      database.run(insertLines(1), [journal, sequence, value, checksumOf(journal, sequence, value)]);
    }
    database.exec('COMMIT');
  } catch (error) {
    quietlySync(() => {
      if (database.inTransaction) database.exec('ROLLBACK');
    });
    throw error;
  }
}

export const INSERT_SNAPSHOT =
  'INSERT OR REPLACE INTO snapshots (key, value, revision, checksum) VALUES (?, ?, ?, ?)';

/** One statement is one transaction. */
export function insertLines(count: number): string {
  const rows = Array<string>(count).fill('(?, ?, ?, ?)').join(', ');
  return `INSERT INTO journals (journal, sequence, value, checksum) VALUES ${rows}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** One at a time: a store may be larger than what fits into memory at once. */
function* rowsOf(database: SqliteDatabase, sql: string): Iterable<unknown> {
  const statement = database.prepare(sql);
  try {
    yield* statement.iterate();
  } finally {
    statement.finalize();
  }
}

function writeFormat(directory: string): void {
  // Only now: where it is written, there is a database, and an empty file is none that is new.
  const written = `${formatFileIn(directory)}.new`;
  fs.writeFileSync(written, JSON.stringify({ version: FORMAT }), { flush: true });
  // Renamed, not written: a host that is killed meanwhile leaves all of it, or none.
  fs.renameSync(written, formatFileIn(directory));
  const entries = fs.openSync(directory, 'r');
  fs.fsyncSync(entries);
  fs.closeSync(entries);
}

function formatIn(file: string): { readonly version: number } {
  try {
    const schema = z.strictObject({ version: z.int().check(z.minimum(1)) });
    return z.parse(schema, JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new StoreError({ code: 'StoreDamaged', file, problem: (cause as Error).message }, { cause });
  }
}

function formatFileIn(directory: string): string {
  return path.join(directory, 'format.json');
}

function damaged(file: string, problem: string): StoreError {
  return new StoreError({ code: 'StoreDamaged', file, problem });
}
