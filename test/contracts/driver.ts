import { subscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';

export { describeDriver, type DriverBehaviour } from '../../src/testing/contracts/describe-driver.js';

let workers = 0;

subscribe('worker_threads', (message) => {
  workers += 1;
  (message as { worker: Worker }).worker.once('exit', () => (workers -= 1));
});

/** How many worker threads there are of those that were started since this module was loaded. */
export function countWorkers(): number {
  return workers;
}
