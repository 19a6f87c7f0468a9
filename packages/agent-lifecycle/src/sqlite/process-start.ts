import { readFileSync } from 'node:fs';

/** One that has ended, though its parent has not taken note of that. */
const GONE = /^[ZXx]$/;

/** Where the start time of a process is told: field 22 of its line, counted behind its name, which may hold anything. */
const START_TIME = 22 - 3;

/**
 * What tells a process from any other that had, or will have, its id: the boot of the machine, and its start since then.
 * Null where there is no such process, or it has ended, or the system does not tell.
 */
export function processStart(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const [state = ''] = fields;
    return GONE.test(state) ? null : `${boot} ${String(fields[START_TIME])}`;
  } catch {
    return null;
  }
}
