import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scaled } from '../scale.js';
import { problemsAtEnd, problemsAtRest } from './request-storm/storm-invariants.js';
import { stormPlans, type StormPlan } from './request-storm/storm-plan.js';
import { Storm } from './request-storm/storm-run.js';

const RUNS = scaled({ quick: Number(process.env["RUNS"] ?? 300), slow: 3_000, soak: 20_000 });
/** The soak looks for what no run has found before; `SEED` repeats one. */
const SEED = Number(process.env['SEED'] ?? scaled({ quick: 1, slow: 1, soak: Date.now() % 2 ** 31 }));

async function problemsOf(plan: StormPlan): Promise<string[]> {
  const storm = new Storm(plan);
  const { problems } = storm;
  await storm.run(() => problems.push(...problemsAtRest(storm)));
  return [...problems, ...problemsAtEnd(storm)];
}

it(`${RUNS} storms over requests leave nothing lost, doubled or behind, by the seed ${SEED}`, async () => {
  const property = fc.asyncProperty(stormPlans, async (plan) => {
    expect(await problemsOf(plan)).toEqual([]);
  });
  await fc.assert(property, { numRuns: RUNS, seed: SEED });
}, 3_600_000);
