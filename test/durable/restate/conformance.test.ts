import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import { createLifecycleClient } from '../../../src/durable/index.js';
import { checkLifecycle, lifecyclePaths, type SubjectInput } from '../../../src/testing/index.js';
import { runPath } from '../../../src/testing/run-path.js';
import { isSoak, scaled } from '../../faults/scale.js';
import { HostProcess, killHosts } from './host-process.js';
import { RestateSubject, type Surroundings } from './restate-subject.js';
import { RestateTestServer } from './restate-server.js';

/** Agents at once: most of a path is waiting. */
const AT_ONCE = 16;
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

describe('an agent on Restate conforms', () => {
  it('on every path that covers the transitions, or, at full length, the pairs', async () => {
    const paths = lifecyclePaths({ input, cover: isSoak ? 'pairs' : 'transitions' });
    const limit = pLimit(AT_ONCE);
    const failures: string[] = [];
    const runs = paths.map((path) =>
      limit(async () => {
        await conclusively((create) => runPath(path, create as never)).catch((error: unknown) => {
          failures.push(`${path.name}: ${String(error)}`);
        });
      }),
    );
    await Promise.all(runs);
    expect([paths.length > 0, failures]).toEqual([true, []]);
  }, 300_000);

  it('on random sequences', async () => {
    const limit = pLimit(AT_ONCE);
    const seeds = Array.from({ length: scaled(500, 6) }, (_, index) => index + 1);
    const results = await Promise.all(
      seeds.map((seed) =>
        limit(() =>
          conclusively(async (create) => {
            const result = await checkLifecycle(create, {
              input,
              seed,
              runs: 1,
              maxSteps: 40,
              shrink: false,
            });
            if (result.failed) throw result.error;
          }),
        ),
      ),
    );
    expect(results).toHaveLength(seeds.length);
  }, 300_000);
});
