// An agent that does what the contract of drivers is tested on, as its data says.
import { workerData } from 'node:worker_threads';

if (workerData === 'failsToLoad') throw new Error('it cannot be loaded');

export function start() {
  if (workerData === 'failsToStart') throw new Error('it cannot start');
  if (workerData === 'hangsInStart') loopForEver();
}

/** @param {unknown} payload */
export function handle(payload) {
  switch (workerData) {
    case 'failsRequests':
      throw new Error('it cannot answer');
    case 'hangsInRequest':
      return loopForEver();
    case 'crashesInRequest':
      return process.exit(3);
    default:
      return payload;
  }
}

export function stop() {
  if (workerData === 'hangsInStop') loopForEver();
}

/** @returns {never} */
function loopForEver() {
  for (;;);
}
