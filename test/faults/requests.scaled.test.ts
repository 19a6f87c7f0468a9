import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { processDriver } from '../../src/drivers/process/index.js';
import { workerDriver } from '../../src/drivers/worker/index.js';
import { countWorkers } from '../contracts/driver.js';
import { untilNoneWith } from '../drivers/process/processes.js';
import { scaled } from '../scale.js';
import { problemsAtEnd, problemsAtRest } from './request-storm/storm-invariants.js';
import { realStormPlans, stormPlans, type StormPlan, type VersionPlan } from './request-storm/storm-plan.js';
import { FunctionRig, RealRig, type StormRig } from './request-storm/storm-rig.js';
import { Storm } from './request-storm/storm-run.js';

const RUNS = scaled({ quick: 200, slow: 3_000, soak: 20_000 });
const REAL_RUNS = scaled({ quick: 1, slow: 5, soak: 100 });
/** Storms in the real time go on side by side. */
const AT_ONCE = 8;
/** Whether their ends may wait for a drain, which takes seconds. */
const DRAINS = scaled({ quick: false, slow: true });
/** The soak looks for what no run has found before; `SEED` repeats one. */
const SEED = Number(process.env['SEED'] ?? scaled({ quick: 1, slow: 1, soak: Date.now() % 2 ** 31 }));
const HOUR = 3_600_000;
const PROCESS = fileURLToPath(new URL('agents/stormy-process.mjs', import.meta.url));

const workerOptions = (data: VersionPlan) => ({ module: 'test/faults/agents/stormy-worker.js', data });
const processOptions = ({ start }: VersionPlan) => ({
  command: process.execPath,
  args: [PROCESS, start],
  escalation: { eof: 300, term: 300 },
});

async function problemsOf(plan: StormPlan, rig: StormRig): Promise<string[]> {
  const storm = new Storm(plan, rig);
  const { problems } = storm;
  await storm.run(() => problems.push(...problemsAtRest(storm)));
  return [...problems, ...problemsAtEnd(storm)];
}

describe(`storms over requests, by the seed ${SEED},`, () => {
  it(
    `leave nothing lost, doubled or behind in ${RUNS} runs on functions`,
    async () => {
      const property = fc.asyncProperty(stormPlans, async (plan) => {
        expect(await problemsOf(plan, new FunctionRig())).toEqual([]);
      });
      await fc.assert(property, { numRuns: RUNS, seed: SEED });
    },
    HOUR,
  );

  it.each([
    ['workers', () => new RealRig(workerDriver(), workerOptions)],
    ['processes', () => new RealRig(processDriver(), processOptions)],
  ])(
    `leave nothing lost, doubled or behind in ${REAL_RUNS} times ${AT_ONCE} runs on %s`,
    async (_, rig) => {
      const before = countWorkers();
      const plans = fc
        .sample(realStormPlans, { numRuns: REAL_RUNS * AT_ONCE, seed: SEED })
        .map((plan) => (DRAINS ? plan : ({ ...plan, end: 'force' } as const)));
      for (let first = 0; first < plans.length; first += AT_ONCE) {
        const found = await Promise.all(
          plans
            .slice(first, first + AT_ONCE)
            .map(async (plan) => ({ problems: await problemsOf(plan, rig()), plan: JSON.stringify(plan) })),
        );
        expect(found.filter(({ problems }) => problems.length > 0)).toEqual([]);
      }
      expect([countWorkers(), await untilNoneWith(PROCESS)]).toEqual([before, []]);
    },
    HOUR,
  );
});
