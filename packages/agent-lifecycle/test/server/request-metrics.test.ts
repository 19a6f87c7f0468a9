import { expect, it } from '@jest/globals';
import { createAgentHost, functionDriver, type AgentSpec, type FunctionHandle } from 'xstate-agent-lifecycle';
import { hostMetrics } from '../../src/server/metrics.js';

async function measured(handle: FunctionHandle, spec: Partial<AgentSpec> = {}) {
  let now = 0;
  const clock = { setTimeout: () => null, clearTimeout: () => undefined, now: () => now };
  const host = createAgentHost({ clock });
  const metrics = hostMetrics(host);
  const agent = host.deploy({ name: 'agent', driver: functionDriver(handle), ...spec });
  await agent.run();
  return {
    host,
    agent,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    /** The lines of a metric that begin so, with what follows. */
    lines: async (name: string) => {
      const text = await metrics.metrics();
      const prefix = `agent_lifecycle_${name}`;
      return text.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []));
    },
  };
}

const never = () => new Promise(() => undefined);

async function readAll(answer: unknown): Promise<void> {
  for await (const _ of answer as ReadableStream<unknown>);
}

it('requests are counted by how they ended', async () => {
  const { agent, lines } = await measured((payload) => {
    if (payload === 'no') throw new Error('no');
    return payload;
  });
  await agent.request('yes');
  await agent.request('yes');
  await agent.request('no').catch(() => undefined);
  expect(await lines('requests_total')).toEqual([
    '{agent="agent",outcome="Completed"} 2',
    '{agent="agent",outcome="RequestFailed"} 1',
  ]);
});

it('what requests took is a histogram, in which a bucket has all up to its bound', async () => {
  const { agent, pass, lines } = await measured((milliseconds) => {
    pass(milliseconds as number);
  });
  for (const milliseconds of [5, 6, 7_200_000]) await agent.request(milliseconds);
  const of = 'agent="agent",outcome="Completed"';
  expect(await lines('request_duration_seconds')).toEqual(
    expect.arrayContaining([
      `_bucket{le="0.005",${of}} 1`,
      `_bucket{le="0.025",${of}} 2`,
      `_bucket{le="3600",${of}} 2`,
      `_bucket{le="+Inf",${of}} 3`,
      `_sum{${of}} 7200.011`,
      `_count{${of}} 3`,
    ]),
  );
});

it('the chunks of a stream are counted when it has ended', async () => {
  const { agent, lines } = await measured(async function* () {
    yield await Promise.resolve(1);
    yield 2;
  });
  const answer = await agent.request('go');
  const before = await lines('request_chunks_total');
  await readAll(answer);
  expect([before, await lines('request_chunks_total')]).toEqual([[], ['{agent="agent"} 2']]);
});

it('what waits, what is in work and what streams are gauges', async () => {
  const { agent, lines } = await measured(
    (payload) => (payload === 'stream' ? new ReadableStream() : never()),
    { requests: { concurrency: 2 } },
  );
  for (const payload of ['held', 'stream', 'waits', 'waits'])
    void agent.request(payload).catch(() => undefined);
  while (agent.requests.streaming === 0) await new Promise((resolve) => setImmediate(resolve));
  expect([
    ...(await lines('queued_requests')),
    ...(await lines('pending_requests')),
    ...(await lines('streaming_requests')),
  ]).toEqual(['{agent="agent"} 2', '{agent="agent"} 2', '{agent="agent"} 1']);
});

it('a request that a swap hands over is counted once', async () => {
  const { agent, lines } = await measured((_, { draining, resume, handOver }) => {
    if (resume !== undefined) return 'done';
    return new Promise((resolve) => {
      draining.addEventListener('abort', () => {
        resolve(handOver(1));
      });
    });
  });
  const request = agent.request('go');
  while (agent.requests.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await agent.swap({ versionNumber: 2 });
  expect([await request, await lines('requests_total')]).toEqual([
    'done',
    ['{agent="agent",outcome="Completed"} 1'],
  ]);
});

it('an agent that was removed has no gauges, and its counters stay', async () => {
  const { host, agent, lines } = await measured((payload) => payload);
  await agent.request(1);
  await host.remove('agent');
  expect([await lines('queued_requests'), await lines('requests_total')]).toEqual([
    [],
    ['{agent="agent",outcome="Completed"} 1'],
  ]);
});
