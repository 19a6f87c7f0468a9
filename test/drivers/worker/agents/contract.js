// An agent that does what the contract of drivers is tested on, as its data says.
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';

if (workerData === 'failsToLoad') throw new Error('it cannot be loaded');

export function start() {
  if (workerData === 'failsToStart') throw new Error('it cannot start');
  if (workerData === 'hangsInStart') loopForEver();
}

/**
 * @param {unknown} payload
 * @param {import('../../../../src/index.js').RequestCall} call
 */
export function handle(payload, call) {
  switch (workerData) {
    case 'streams':
      return numbersTo(200);
    case 'streamsForEver':
      return countOpen();
    case 'failsInStream':
      return failAfter(numbersTo(3));
    case 'handsOver':
      return call.resume ?? handOver(call);
    case 'reportsProgress':
      for (const report of [1, 2, 3]) call.progress(report);
      return payload;
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

/** @param {number} end */
async function* numbersTo(end) {
  for (let number = 0; number < end; number++) {
    await nextTurn();
    yield number;
  }
}

let open = 0;

async function* countOpen() {
  open += 1;
  try {
    for (;;) {
      await nextTurn();
      yield open;
    }
  } finally {
    open -= 1;
  }
}

/** @param {AsyncIterable<number>} numbers */
async function* failAfter(numbers) {
  yield* numbers;
  throw new Error('it has no more');
}

/** @param {import('../../../../src/index.js').RequestCall} call */
async function handOver(call) {
  if (!call.draining.aborted) await once(call.draining, 'abort');
  return call.handOver({ at: 1 });
}

export function stop() {
  if (workerData === 'hangsInStop') loopForEver();
}

/** @returns {never} */
function loopForEver() {
  for (;;);
}
