import { afterEach, expect, it } from '@jest/globals';
import { workerDriver } from '../../src/drivers/worker/index.js';
import { createAgentHost, RequestError, StateTransitionError, type AgentHost } from '../../src/index.js';
import { countWorkers } from '../contracts/driver.js';
import { turn } from '../host/host-rig.js';
import { scaled } from '../scale.js';

const AGENTS = scaled({ quick: 4, slow: 64 });
const module = 'test/faults/agents/fragile.js';

let host: AgentHost | null = null;

afterEach(async () => {
  await host?.shutdown({ force: true });
});

it(`${AGENTS} agents that fail and restart at once under load answer every request, or say why not`, async () => {
  const before = countWorkers();
  host = createAgentHost({ drivers: { worker: workerDriver() } });
  const restart = { type: 'transient', backoff: { initial: 50 } } as const;
  const agents = host.deployAll(
    Array.from({ length: AGENTS }, (_, index) => ({
      name: `agent-${index}`,
      driver: 'worker',
      options: { module },
      restart,
    })),
  );
  await host.run();
  const restarted = Promise.all(
    agents.map(
      (agent) =>
        new Promise<void>((resolve) => {
          agent.subscribe((event, _, generation) => {
            if (event.type === 'lifecycle.transitioned' && event.to === 'running' && generation === 2)
              resolve();
          });
        }),
    ),
  );
  const outcomes = await Promise.allSettled(
    agents.flatMap((agent) => [
      ...Array.from({ length: 10 }, (_, index) => agent.request(index)),
      agent.request('crash'),
    ]),
  );
  await restarted;
  const untold = outcomes.filter(
    (outcome) =>
      outcome.status === 'rejected' &&
      !(outcome.reason instanceof RequestError || outcome.reason instanceof StateTransitionError),
  );
  expect([outcomes.length, untold]).toEqual([AGENTS * 11, []]);
  expect(await Promise.all(agents.map((agent) => agent.request('again')))).toEqual(agents.map(() => 'again'));
  const reports = await host.shutdown();
  expect(reports.map(({ state, generation }) => [state, generation])).toEqual(
    agents.map(() => ['stopped', 2]),
  );
  expect(countWorkers()).toBe(before);
}, 300_000);

it('10 000 requests are pending, and one more is refused', async () => {
  host = createAgentHost({ drivers: { worker: workerDriver() } });
  const agent = host.deploy({ name: 'full', driver: 'worker', options: { module }, requests: { queue: 0 } });
  await agent.run();
  const leases = await Promise.all(Array.from({ length: 10_000 }, () => agent.accept()));
  await expect(agent.request('one more')).rejects.toMatchObject({
    code: 'TooManyRequests',
    cause: { code: 'TooManyPendingRequests', current: 10_000 },
  });
  const drain = agent.drain();
  await turn();
  for (const lease of leases) lease.release();
  expect((await drain).report).toMatchObject({
    completed: 10_000,
    aborted: [],
    abandoned: [],
    forced: false,
  });
}, 60_000);
