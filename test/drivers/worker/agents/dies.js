// An agent whose worker ends as its data says, in the middle of the operation that its data says.
import { workerData } from 'node:worker_threads';

// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the test passes
const { during, how } = /** @type {{ during: string, how: 'throws' | 'exits' | 'finishes' }} */ (workerData);

await dieIn('import');

export function start() {
  return dieIn('start');
}

export function handle() {
  return 'ok';
}

export function stop() {
  return dieIn('stop');
}

/** @param {string} operation */
function dieIn(operation) {
  if (during !== operation) return null;
  setTimeout(() => {
    if (how === 'throws') throw new Error('no database');
    process.exit(how === 'exits' ? 3 : 0);
  }, 10);
  return new Promise(() => undefined);
}
