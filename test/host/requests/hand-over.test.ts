import { expect, it } from '@jest/globals';
import type { RequestCall } from '../../../src/index.js';
import { agentThat, deferred, outcomeOf, readAll, turns, type Handle } from './request-rig.js';

const drained = ({ draining }: RequestCall) =>
  new Promise<void>((resolve) => {
    if (draining.aborted) resolve();
    draining.addEventListener('abort', () => {
      resolve();
    });
  });

/** A value that is handed over at a drain. */
const handsOver: Handle = async (_, call) => {
  await drained(call);
  return call.handOver(1);
};

/** A stream that is handed over at a drain. */
const streamsAndHandsOver: Handle = async function* (_, call) {
  yield call.generation;
  await drained(call);
  return call.handOver(1);
};

it('a stream goes on with the instance after that which has it, when that is replaced in its turn', async () => {
  const begin = deferred();
  const slowly: Handle = async (payload, call) => {
    await begin.promise;
    return streamsAndHandsOver(payload, call);
  };
  const { agent } = await agentThat([streamsAndHandsOver, slowly, () => 'last']);
  const read = readAll(await agent.request('go'));
  await turns();
  await agent.swap({ versionNumber: 2 });
  const swap = agent.swap({ versionNumber: 3 });
  await turns();
  // The third instance serves, and the second answers only now.
  begin.resolve(undefined);
  await swap;
  expect(await read).toEqual([1, 2, 'last']);
});

it('a value goes on as a stream, which is handed over in its turn', async () => {
  const { agent } = await agentThat([handsOver, streamsAndHandsOver, () => 'last']);
  const answer = agent.request('go');
  await turns();
  await agent.swap({ versionNumber: 2 });
  const read = readAll(await answer);
  await turns();
  await agent.swap({ versionNumber: 3 });
  expect(await read).toEqual([2, 'last']);
});

it('a stream that is handed over is not lost where the next instance fails before its first chunk', async () => {
  const hangs: Handle = async function* () {
    yield await deferred().promise;
  };
  const { agent, made } = await agentThat([streamsAndHandsOver, hangs]);
  const read = readAll(await agent.request('go'));
  await turns();
  await agent.swap({ versionNumber: 2 });
  await turns();
  made[1]?.fail('crash');
  expect(await read).toEqual([1, ['AgentFailed', 1]]);
});

it('a stream that has gone on is not gone on with again, where the next instance fails later', async () => {
  const goesOn: Handle = async function* () {
    yield await Promise.resolve(2);
    await deferred().promise;
  };
  const { agent, made } = await agentThat([streamsAndHandsOver, goesOn]);
  const read = readAll(await agent.request('go'));
  await turns();
  await agent.swap({ versionNumber: 2 });
  await turns();
  made[1]?.fail('crash');
  expect(await read).toEqual([1, 2, ['AgentFailed']]);
});

it('what is handed over after a forced end has begun is aborted, as its caller is told', async () => {
  const { agent } = await agentThat(
    (_, { signal, handOver }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(handOver(1));
        });
      }),
  );
  const request = outcomeOf(agent.request('go'));
  await turns();
  await agent.stop();
  expect([await request, agent.report.drain]).toEqual([
    ['AgentStopped'],
    expect.objectContaining({ handedOver: [], aborted: [expect.objectContaining({ id: '1-1' })] }),
  ]);
});

it('what comes as a place is free waits behind what was handed over', async () => {
  const order: unknown[] = [];
  const gate = deferred();
  const handsOverLater: Handle = async (_, { handOver }) => {
    await gate.promise;
    return handOver(1);
  };
  const second: Handle = (payload) => order.push(payload);
  const { agent } = await agentThat([handsOverLater, second], { requests: { concurrency: 1 } });
  const handedOver = agent.request('handed over');
  await turns();
  const swap = agent.swap({ versionNumber: 2 });
  await turns();
  const lease = await agent.accept();
  gate.resolve(undefined);
  await turns();
  const came = agent.request('came');
  lease.release();
  await Promise.all([handedOver, came, swap]);
  expect(order).toEqual(['handed over', 'came']);
});

it('has to be returned: a stream that yields it fails, and its generator ends', async () => {
  let hasEnded = false;
  const { agent } = await agentThat(async function* (_, call) {
    try {
      yield await Promise.resolve(1);
      yield call.handOver(2);
    } finally {
      hasEnded = true;
    }
  });
  expect(await readAll(await agent.request('go'))).toEqual([1, ['RequestFailed']]);
  await turns();
  expect([hasEnded, agent.requests.pending]).toEqual([true, 0]);
});
