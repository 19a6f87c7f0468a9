import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** Milliseconds that threads have to end, and between two looks at them. */
const GRACE = 500;
const POLL = 10;

const workers = new Set<Worker>();

subscribe('worker_threads', (message) => {
  const { worker } = message as { worker: Worker };
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

/**
 * Exits within half a second. `process.exit` waits for each thread, and a thread that reads from a FIFO, or from a dead
 * network mount, never ends: then the process ends by a signal instead of the code.
 *
 * @param signal ends the process then; SIGKILL by default
 */
export async function endProcess(code: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<never> {
  const deadline = performance.now() + GRACE;
  while (isWaitedFor() && performance.now() < deadline) await sleep(POLL);
  if (isWaitedFor()) {
    process.stderr.write(`A thread waits for a file: the process ends by ${signal}\n`);
    process.emit('exit', code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  return process.exit(code);
}

/** Whether `process.exit` would wait. */
function isWaitedFor(): boolean {
  return workers.size > 0 || process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}
