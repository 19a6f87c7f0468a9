import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { createLifecycleClient } from '../../src/restate/index.js';
import {
  checkLifecycle,
  lifecyclePaths,
  type PathCover,
  type SubjectInput,
} from '../../src/testing/index.js';
import { runPath } from '../../src/testing/run-path.js';
import { scaled } from '../scale.js';
import { HostProcess, killHosts } from './host-process.js';
import { RestateSubject, type Surroundings } from './restate-subject.js';
import { RestateTestServer } from './restate-server.js';

/** Agents at once: most of a path is waiting. */
const AT_ONCE = 16;
/** Paths, or sequences, of one test: each takes some 10 seconds at the most, AT_ONCE of them at a time. */
const BATCH = 48;
/** Real milliseconds of each delay; longer where the steps before it took too long. */
const DELAYS = [600, 3_000, 15_000];
const input = { transitionTimeout: 1_000, drainTimeout: 5_000 };

let server: RestateTestServer;
let around: Surroundings;

beforeAll(async () => {
  server = await RestateTestServer.start();
  const { ingress, admin } = server;
  const host = await HostProcess.start({
    ingress,
    admin,
    host: 'kit',
    hold: agentLifecycleChart.operations,
    journalCapacity: 1_000,
  });
  around = { server, host, client: createLifecycleClient({ ingress }) };
});

afterAll(async () => {
  killHosts();
  await server.dispose();
});

/** Tries with ever longer delays, for as long as nothing can be said. */
async function conclusively(
  run: (create: (input: SubjectInput) => Promise<RestateSubject>) => Promise<unknown>,
) {
  for (const delay of DELAYS) {
    const subjects: RestateSubject[] = [];
    try {
      await run(async (input) => {
        const subject = await RestateSubject.create(around, input, delay);
        subjects.push(subject);
        return subject;
      });
      return;
    } catch (error) {
      if (!subjects.some(({ isInconclusive }) => isInconclusive) || delay === DELAYS.at(-1)) throw error;
    }
  }
}

const cover = scaled<PathCover>({ quick: 'transitions', slow: 'transitions', soak: 'pairs' });
const paths = lifecyclePaths({ input, cover });
const seeds = Array.from({ length: scaled({ quick: 6, slow: 6, soak: 500 }) }, (_, index) => index + 1);

describe('an agent on Restate conforms', () => {
  it.each(batches(paths))(
    `on the paths %# that cover the ${cover}`,
    async (...batch) => {
      const limit = pLimit(AT_ONCE);
      const failures: string[] = [];
      const runs = batch.map((path) =>
        limit(async () => {
          await conclusively((create) => runPath(path, create as never)).catch((error: unknown) => {
            failures.push(`${path.name}: ${String(error)}`);
          });
        }),
      );
      await Promise.all(runs);
      expect(failures).toEqual([]);
    },
    300_000,
  );

  it.each(batches(seeds))(
    'on the random sequences from seed %d on',
    async (...batch) => {
      const limit = pLimit(AT_ONCE);
      const runs = batch.map((seed) =>
        limit(() =>
          conclusively(async (create) => {
            const options = { input, seed, runs: 1, maxSteps: 40, shrink: false };
            const result = await checkLifecycle(create, options);
            if (result.failed) throw result.error;
          }),
        ),
      );
      expect(await Promise.all(runs)).toHaveLength(batch.length);
    },
    300_000,
  );
});

/** So many to a test that its time is enough for them, however many there are in all. */
function batches<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
}
