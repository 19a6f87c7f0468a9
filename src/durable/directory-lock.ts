import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod/mini';
import { processStart } from './process-start.js';
import { StoreError } from './store-error.js';

const holderSchema = z.object({
  pid: z.int().check(z.minimum(1)),
  /** Null where the system does not tell. */
  start: z.nullable(z.string()),
  since: z.string(),
});

type Holder = z.output<typeof holderSchema>;

export interface DirectoryLock {
  release(): void;
}

/**
 * Has a directory for one process alone, until it releases it or ends, however it ends. It does not see processes of
 * another machine, or of another container, that have the directory mounted.
 *
 * @throws {StoreError} `DirectoryInUse` with the process that has it
 */
export function lockDirectory(directory: string): DirectoryLock {
  const file = path.join(directory, 'host.lock');
  const own = `${file}.${process.pid}`;
  const me: Holder = {
    pid: process.pid,
    start: processStart(process.pid),
    since: new Date().toISOString(),
  };
  // Linked, not written: whoever finds a lock finds all of it.
  writeFileSync(own, JSON.stringify(me));
  try {
    while (!link(own, file)) takeOver(directory, file);
  } finally {
    rmSync(own, { force: true });
  }
  return {
    release: () => {
      rmSync(file, { force: true });
    },
  };
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone. @throws {StoreError} `DirectoryInUse` where it is not */
function takeOver(directory: string, file: string): void {
  refuseLiving(directory, holderIn(file));
  const taken = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    // Another may have taken it over in between: then this is the lock of that one.
    refuseLiving(directory, holderIn(taken));
  } catch (error) {
    link(taken, file);
    throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}

/** Null where there is none, or none that can be read: that was left by nobody who writes it as this does. */
function holderIn(file: string): Holder | null {
  try {
    return z.safeParse(holderSchema, JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function refuseLiving(directory: string, holder: Holder | null): void {
  if (holder === null || !isAlive(holder)) return;
  const { pid, since } = holder;
  throw new StoreError({ code: 'DirectoryInUse', directory, pid, since });
}

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One of another user is alive, too.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // The same id is another process, where that has started at another time.
  return start === null || processStart(pid) === start;
}
