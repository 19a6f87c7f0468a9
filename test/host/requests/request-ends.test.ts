import { expect, it } from '@jest/globals';
import type { AgentHost } from '../../../src/index.js';
import { agentThat, deferred, outcomeOf, readAll, turns } from './request-rig.js';

function endsOf(host: AgentHost) {
  const ends: unknown[] = [];
  const subscription = host.onRequestEnd((end, { name }) => ends.push([name, end]));
  return { ends, subscription };
}

it('a host tells of the end of each request, also of an agent that is deployed later', async () => {
  const { host, agent } = await agentThat((payload) => payload);
  const { ends } = endsOf(host);
  await agent.request(1);
  const later = host.deploy({ name: 'later', driver: 'test' });
  await later.run();
  await later.request(2);
  const end = { outcome: 'Completed', duration: 0, chunks: 0 };
  expect(ends).toEqual([
    ['agent', end],
    ['later', end],
  ]);
});

it('a request that a swap hands to the next version ends once', async () => {
  const { host, agent } = await agentThat([
    async function* (_, { draining, handOver }) {
      yield 'first';
      await new Promise((resolve) => {
        draining.addEventListener('abort', resolve);
      });
      return handOver(1);
    },
    async function* () {
      yield await Promise.resolve('second');
    },
  ]);
  const { ends } = endsOf(host);
  const reading = readAll(await agent.request('go'));
  await turns();
  const swap = agent.swap({ versionNumber: 2 });
  expect(await reading).toEqual(['first', 'second']);
  await swap;
  expect(ends).toEqual([['agent', { outcome: 'Completed', duration: 0, chunks: 2 }]]);
});

it('a request that arrived before anybody listened is not told of: nobody knows how long it took', async () => {
  const { promise, resolve } = deferred();
  const { host, agent } = await agentThat(() => promise);
  const request = agent.request('go');
  await turns();
  const { ends } = endsOf(host);
  resolve('done');
  await request;
  expect(ends).toEqual([]);
});

it('who listens no more is told no more, and the requests of an agent that was removed are told once', async () => {
  const { host, agent } = await agentThat(() => new Promise(() => undefined));
  const { ends, subscription } = endsOf(host);
  const request = outcomeOf(agent.request('held'));
  await turns();
  await host.shutdown({ force: true });
  await host.remove('agent');
  await request;
  expect(ends).toEqual([['agent', { outcome: 'AgentStopped', duration: 0, chunks: 0 }]]);
  subscription.unsubscribe();
  await outcomeOf(agent.request('late'));
  expect(ends).toHaveLength(1);
});

it('a listener that throws harms neither the request nor the listener after it', async () => {
  const { host, agent } = await agentThat((payload) => payload);
  host.onRequestEnd(() => {
    throw new Error('no');
  });
  const { ends } = endsOf(host);
  expect([await agent.request(1), ends.length]).toEqual([1, 1]);
});
