import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds, far over what the kernel needs to end a process that was killed. */
const DEADLINE = 30_000;
const PAUSE = 20;

/** The processes whose command line has a text in it, as Linux lists them. */
export async function processesWith(text: string): Promise<number[]> {
  const entries = await readdir('/proc');
  return filtered(entries.map(Number).filter(Number.isInteger), (commandLine) => commandLine.includes(text));
}

/** Waits until processes are gone, and answers which are not. */
export function untilGone(pids: readonly number[]): Promise<number[]> {
  return untilNone(() => filtered(pids, (commandLine) => commandLine !== ''));
}

/** Waits until no process is left that has a text in its command line, and answers which are. */
export function untilNoneWith(text: string): Promise<number[]> {
  return untilNone(() => processesWith(text));
}

async function untilNone(find: () => Promise<number[]>): Promise<number[]> {
  const deadline = Date.now() + DEADLINE;
  let found = await find();
  while (found.length > 0 && Date.now() < deadline) {
    await wait(PAUSE);
    found = await find();
  }
  return found;
}

async function filtered(
  pids: readonly number[],
  isFound: (commandLine: string) => boolean,
): Promise<number[]> {
  const commandLines = await Promise.all(pids.map(commandLineOf));
  return pids.filter((_, index) => isFound(commandLines[index] ?? ''));
}

/** Empty for a process that has ended, even one that nobody has asked yet how. */
async function commandLineOf(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
