import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInThisContext } from 'node:vm';

type Sqlite = typeof import('node-sqlite3-wasm');

let loaded: Sqlite | null = null;

/**
 * Loads node-sqlite3-wasm, with a file system that hides its own lock from it.
 *
 * Its lock is a directory, `FILE.lock`. It takes the one that it has just made for that of another process. Then it
 * believes that this process is in the middle of a change, and leaves an unfinished change of a process that was killed
 * as it is, half done. The directory of a store belongs to one process, so the lock is never that of another.
 */
export function loadSqlite(): Sqlite {
  return (loaded ??= evaluate());
}

function evaluate(): Sqlite {
  const require = createRequire(import.meta.url);
  const file = require.resolve('node-sqlite3-wasm');
  // As Node evaluates CommonJS, but with a `require` of its own: `node:fs` of the rest of the process stays as it is.
  const source = `(function (module, require, __filename, __dirname) {${fs.readFileSync(file, 'utf8')}\n})`;
  const run = runInThisContext(source, { filename: file }) as (
    module: { exports: unknown },
    require: (name: string) => unknown,
    filename: string,
    directory: string,
  ) => void;
  const module = { exports: {} };
  run(
    module,
    (name) => (name === 'node:fs' ? withoutLocks() : (require(name) as unknown)),
    file,
    path.dirname(file),
  );
  return module.exports as Sqlite;
}

function withoutLocks(): typeof fs {
  const accessSync: typeof fs.accessSync = (place, mode) => {
    if (String(place).endsWith('.lock')) throw new Error('Hidden');
    fs.accessSync(place, mode);
  };
  return Object.assign(Object.create(fs) as typeof fs, { accessSync });
}
