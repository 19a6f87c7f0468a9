import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod/mini';
import { processStart } from './process-start.js';
import { StoreError } from 'xstate-agent-lifecycle/durable';
import { withCleanUpSync } from '../../../../src/util/clean-up.js';

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
 * another machine, or of another container, that have the directory mounted; where the system does not tell when a
 * process started, it takes another with the id of one that is gone for that one.
 *
 * A lock is a file with a number: the highest counts, and is never removed, or else another that has just looked at it
 * could take a place that is no more the last. Who takes over from one that is gone makes the next.
 *
 * @throws {StoreError} `DirectoryInUse` with the process that has it
 */
export function lockDirectory(directory: string): DirectoryLock {
  const own = path.join(directory, `host.lock.of-${process.pid}`);
  const me: Holder = {
    pid: process.pid,
    start: processStart(process.pid),
    since: new Date().toISOString(),
  };
  // Linked, not written: whoever finds a lock finds all of it.
  writeFileSync(own, JSON.stringify(me));
  const takeLock = () => {
    for (;;) {
      const file = tryLock(directory, own);
      if (file !== null) return lockIn(file);
    }
  };
  return withCleanUpSync(takeLock, () => {
    rmSync(own, { force: true });
  });
}

function lockIn(file: string): DirectoryLock {
  return {
    release: () => {
      writeFileSync(file, JSON.stringify(null));
    },
  };
}

/** @returns the lock; null where another came first, and there is one more to look at */
function tryLock(directory: string, own: string): string | null {
  const numberOfLast = Math.max(0, ...locksIn(directory));
  assertFree(directory, holderIn(lockFile(directory, numberOfLast)));
  const number = numberOfLast + 1;
  const file = lockFile(directory, number);
  if (!link(own, file)) return null;
  const others = locksIn(directory).filter((each) => each !== number);
  if (others.some((each) => each > number)) {
    rmSync(file);
    return null;
  }
  for (const each of others) rmSync(lockFile(directory, each), { force: true });
  return file;
}

function locksIn(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const [, number] = /^host\.lock\.(\d+)$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}

function lockFile(directory: string, number: number): string {
  return path.join(directory, `host.lock.${number}`);
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

/** Null where it is released, or there is none, or none that can be read: nobody writes it so who has the directory. */
function holderIn(file: string): Holder | null {
  try {
    return z.safeParse(holderSchema, JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function assertFree(directory: string, holder: Holder | null): void {
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
