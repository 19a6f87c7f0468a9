import { afterEach, expect, it } from '@jest/globals';
import { workerDriver } from '../../src/drivers/worker/index.js';
import { createAgentHost, type Agent, type AgentHost } from '../../src/index.js';
import { scaled } from '../scale.js';

const SWAPS = scaled({ quick: 4, slow: 20 });
/** Milliseconds between two requests: 200 a second. */
const PACE = 5;
/** Every fifth version does not start. */
const BROKEN = 5;

let host: AgentHost | null = null;

afterEach(async () => {
  await host?.shutdown({ force: true });
});

function optionsOf(version: number) {
  return { module: 'test/faults/agents/version.js', data: { version, isBroken: version % BROKEN === 0 } };
}

/** Sends numbered requests at a steady pace until it is told to stop, and gives every answer. */
function keepAsking(agent: Agent) {
  const answers: Promise<{ payload: number; version: number }>[] = [];
  const timer = setInterval(() => {
    answers.push(agent.request(answers.length) as (typeof answers)[number]);
  }, PACE);
  return async () => {
    clearInterval(timer);
    return Promise.all(answers);
  };
}

it(`no request is lost or doubled in ${SWAPS} swaps at 200 requests a second`, async () => {
  host = createAgentHost({ drivers: { worker: workerDriver() } });
  const agent = host.deploy({ name: 'versioned', driver: 'worker', options: optionsOf(1) });
  await agent.run();
  const stopAsking = keepAsking(agent);
  const outcomes: boolean[] = [];
  for (let version = 2; version <= SWAPS + 1; version++) {
    const { swapped, report } = {
      report: null,
      ...(await agent.swap({ versionNumber: version, options: optionsOf(version) })),
    };
    outcomes.push(swapped);
    if (swapped) expect(report).toMatchObject({ state: 'stopped', forced: false, abandonedRequests: 0 });
  }
  const answers = await stopAsking();
  // Each was answered, once, in its order, by a version that was up then.
  expect(answers.map(({ payload }) => payload)).toEqual(answers.map((_, index) => index));
  const versions = answers.map(({ version }) => version);
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  expect(versions.filter((version) => version % BROKEN === 0)).toEqual([]);
  expect(outcomes).toEqual(outcomes.map((_, index) => (index + 2) % BROKEN !== 0));
}, 300_000);
