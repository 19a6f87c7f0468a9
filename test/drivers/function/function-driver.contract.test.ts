import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { functionDriver, type FunctionAgent, type RequestCall } from '../../../src/index.js';
import { describeDriver, type DriverBehaviour } from '../../contracts/driver.js';

/** Those that need more than a function. */
const IMPOSSIBLE: readonly DriverBehaviour[] = ['failsToLoad', 'crashesInRequest'];

describeDriver('the driver of functions', {
  // What it does is no option of it, but the function.
  createFactory: () => (deployment) => {
    const { options } = deployment;
    if (typeof options !== 'string') return functionDriver(() => undefined)(deployment);
    return functionDriver(agentThat(options as DriverBehaviour))({ ...deployment, options: undefined });
  },
  optionsFor: (behaviour) => (IMPOSSIBLE.includes(behaviour) ? null : behaviour),
});

function agentThat(behaviour: DriverBehaviour): FunctionAgent {
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
  return {
    start: () => {
      if (behaviour === 'failsToStart') throw new Error('it cannot start');
      return behaviour === 'hangsInStart' ? forEver() : undefined;
    },
    stop: () => (behaviour === 'hangsInStop' ? forEver() : undefined),
    handle: (payload, call) => {
      switch (behaviour) {
        case 'hangsInRequest':
          return forEver();
        case 'failsRequests':
          throw new Error('it cannot answer');
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
        default:
          return payload;
      }
    },
  };
}

async function* numbersTo(end: number) {
  for (let number = 0; number < end; number++) {
    await nextTurn();
    yield number;
  }
}

async function* failAfter(numbers: AsyncIterable<number>) {
  yield* numbers;
  throw new Error('it has no more');
}

async function handOver(call: RequestCall): Promise<unknown> {
  if (!call.draining.aborted) await once(call.draining, 'abort');
  return call.handOver({ at: 1 });
}

function forEver(): Promise<never> {
  return new Promise(() => undefined);
}
