import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AgentDriver, AgentDriverFactory } from '../../src/index.js';
import { describeDriver, type DriverBehaviour, type DriverFixture } from '../../src/testing/index.js';
import { itSlow, scaled } from '../scale.js';

type Defect =
  | 'mixes answers up'
  | 'fails with its requests'
  | 'swallows that it cannot start'
  | 'goes without a reason'
  | 'takes any options'
  | 'leaves something behind'
  | 'throws when it is disposed of'
  | 'is disposed of once only'
  | 'loses a chunk'
  | 'leaves its streams open'
  | 'ends a stream that fails'
  | 'forgets its token'
  | 'reports no progress';

/** Agents that are nothing but a count of those that exist, and may have a defect. */
function memoryFixture(defect: Defect | null = null): DriverFixture {
  let count = 0;
  const createFactory =
    (): AgentDriverFactory =>
    ({ options, fail }) => {
      if (typeof options !== 'string' && defect !== 'takes any options') {
        throw Object.assign(new Error('no behaviour'), { code: 'InvalidOptions' });
      }
      const behaviour = options as DriverBehaviour;
      let exists = false;
      let isDisposed = false;
      let last: unknown = null;
      let open = 0;
      async function* countOpen() {
        open += 1;
        try {
          // One that is left open would otherwise be waited for without end.
          for (let chunk = 0; chunk < 1_000; chunk++) {
            await nextTurn();
            yield open;
          }
        } finally {
          if (defect !== 'leaves its streams open') open -= 1;
        }
      }
      const driver: AgentDriver = {
        load: () => {
          if (behaviour === 'failsToLoad') throw new Error('it cannot be loaded');
        },
        instantiate: () => {
          exists = true;
          count += 1;
        },
        start: () => {
          if (behaviour === 'failsToStart' && defect !== 'swallows that it cannot start') {
            throw new Error('it cannot start');
          }
          return behaviour === 'hangsInStart' ? forEver() : undefined;
        },
        handle: async (payload, call) => {
          if (behaviour === 'streams') return numbers(defect === 'loses a chunk' ? 199 : 200);
          if (behaviour === 'streamsForEver') return countOpen();
          if (behaviour === 'failsInStream') {
            return defect === 'ends a stream that fails' ? numbers(3) : failAfter(numbers(3));
          }
          if (behaviour === 'handsOver') {
            if (call.resume !== undefined) return defect === 'forgets its token' ? {} : call.resume;
            if (!call.draining.aborted) await once(call.draining, 'abort');
            return call.handOver({ at: 1 });
          }
          if (behaviour === 'reportsProgress' && defect !== 'reports no progress') {
            for (const report of [1, 2, 3]) call.progress(report);
          }
          if (behaviour === 'hangsInRequest') return forEver();
          if (behaviour === 'failsRequests') {
            if (defect === 'fails with its requests') fail('a request failed');
            throw new Error('it cannot answer');
          }
          if (behaviour === 'crashesInRequest') {
            fail(defect === 'goes without a reason' ? undefined : 'it crashed');
          }
          last = payload;
          await Promise.resolve();
          return defect === 'mixes answers up' ? last : payload;
        },
        stop: () => (behaviour === 'hangsInStop' ? forEver() : undefined),
        unload: () => {
          if (exists) count -= 1;
          exists = false;
        },
        dispose: (call) => {
          if (isDisposed && defect === 'is disposed of once only') throw new Error('again');
          isDisposed = true;
          if (defect === 'leaves something behind') return;
          if (defect === 'throws when it is disposed of') throw new Error('not now');
          return driver.unload?.({ ...call, operation: 'unloading', forced: false });
        },
      };
      return driver;
    };
  return { createFactory, optionsFor: (behaviour) => behaviour, countResources: () => count };
}

async function* numbers(end: number) {
  for (let number = 0; number < end; number++) {
    await nextTurn();
    yield number;
  }
}

async function* failAfter(chunks: AsyncIterable<number>) {
  yield* chunks;
  throw new Error('it has no more');
}

function forEver(): Promise<void> {
  return new Promise(() => undefined);
}

interface Registered {
  readonly name: string;
  readonly run: () => Promise<void>;
}

function testsOf(fixture: DriverFixture): { run: Registered[]; skipped: string[] } {
  const run: Registered[] = [];
  const skipped: string[] = [];
  const register = (name: string, test: () => Promise<void>) => run.push({ name, run: test });
  const runner = {
    describe: (_: string, define: () => void) => {
      define();
    },
    it: Object.assign(register, { skip: (name: string) => skipped.push(name) }),
  };
  describeDriver('a driver', fixture, { runner });
  return { run, skipped };
}

/** The names of the tests, of those that are wanted, that a driver does not pass. */
async function failuresOf(fixture: DriverFixture, isWanted = (_: string) => true): Promise<string[]> {
  const failures: string[] = [];
  const tests = testsOf(fixture).run.filter(({ name }) => isWanted(name));
  for (const { name, run } of tests) await run().catch(() => failures.push(name));
  return failures;
}

describe('describeDriver', () => {
  it('passes a driver that keeps the contract', async () => {
    expect(await failuresOf(memoryFixture())).toEqual([]);
  });

  itSlow.each<[Defect, string[]]>([
    ['mixes answers up', ['requests that are made side by side have each its own answer']],
    ['fails with its requests', ['a request that fails is no failure of its agent']],
    ['swallows that it cannot start', ['an agent that cannot start has failed, with the reason']],
    [
      'goes without a reason',
      ['an agent that crashes in a request fails it, and goes on afresh or has failed with the reason'],
    ],
    ['takes any options', ['options that are not what they should be are refused at once, with a code']],
    ['is disposed of once only', ['a driver that is disposed of twice does not mind']],
    [
      'loses a chunk',
      ['a stream has its chunks whole and in order', 'streams side by side have each its own chunks'],
    ],
    [
      'leaves its streams open',
      ['a reader that leaves a stream ends it', 'a stream whose request is aborted ends, too'],
    ],
    [
      'ends a stream that fails',
      ['a failure in the middle of a stream comes after its chunks, and is no end'],
    ],
    [
      'forgets its token',
      ['a request is handed over when the agent begins to drain, and goes on with its token'],
    ],
    ['reports no progress', ['progress comes before the answer']],
  ])('fails a driver that %s', async (defect, failures) => {
    expect(await failuresOf(memoryFixture(defect))).toEqual(failures);
  });

  it.each(
    scaled<Defect[]>({
      quick: ['throws when it is disposed of'],
      slow: ['leaves something behind', 'throws when it is disposed of'],
    }),
  )('fails a driver that %s, whatever the test', async (defect) => {
    const name = 'an agent comes up, answers, and is stopped';
    expect(await failuresOf(memoryFixture(defect), (each) => each === name)).toEqual([name]);
  });

  it('skips the tests of what a kind of agent cannot do', () => {
    const able = memoryFixture();
    const { skipped } = testsOf({
      ...able,
      optionsFor: (behaviour) => (behaviour === 'hangsInStart' ? null : able.optionsFor(behaviour)),
    });
    expect(skipped).toEqual([
      'a start that hangs is cut at the transition timeout',
      'a start that hangs is cut when the agent is stopped',
    ]);
  });
});
