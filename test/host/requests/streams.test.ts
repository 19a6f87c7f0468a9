import { describe, expect, it } from '@jest/globals';
import { agentThat, deferred, outcomeOf, readAll, turns } from './request-rig.js';

describe('a reader that leaves', () => {
  it('has left once the generator has returned', async () => {
    const cleanedUp = deferred();
    const { agent } = await agentThat(async function* () {
      try {
        for (;;) yield await Promise.resolve(1);
      } finally {
        await cleanedUp.promise;
      }
    });
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    let hasLeft = false;
    const left = reader.cancel().then(() => (hasLeft = true));
    await turns();
    const before = [hasLeft, agent.requests.pending];
    cleanedUp.resolve(undefined);
    await left;
    expect([before, agent.requests.pending]).toEqual([[false, 1], 0]);
  });

  it('has left once the agent has ended, where the generator never returns', async () => {
    const { agent } = await agentThat(async function* () {
      try {
        yield await Promise.resolve(1);
      } finally {
        await deferred().promise;
      }
    });
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    const left = outcomeOf(reader.cancel());
    await agent.stop();
    expect([await left, agent.report.abandonedRequests]).toEqual([undefined, 1]);
  });

  it('cancels a ReadableStream that has no chunk for it', async () => {
    const reasons: unknown[] = [];
    const { agent } = await agentThat(
      () =>
        new ReadableStream({
          pull: () => deferred().promise as Promise<void>,
          cancel: (reason) => void reasons.push(reason),
        }),
    );
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    void reader.read();
    await turns();
    await reader.cancel();
    expect([reasons, agent.requests.pending]).toEqual([[undefined], 0]);
  });
});

describe('an answer that cannot be read', () => {
  const iterates = (next: () => unknown) => ({ [Symbol.asyncIterator]: () => ({ next }) });
  const locked = () => {
    const stream = new ReadableStream();
    stream.getReader();
    return stream;
  };

  it.each<[string, () => unknown]>([
    [
      'whose iterator throws',
      () =>
        iterates(() => {
          throw new Error('no');
        }),
    ],
    ['whose iterator gives nothing', () => iterates(() => undefined)],
    [
      'that throws where its iterator is asked for',
      () => ({
        [Symbol.asyncIterator]: () => {
          throw new Error('no');
        },
      }),
    ],
    ['that is locked', locked],
  ])('fails its request, which is not pending then: one %s', async (_, handle) => {
    const { agent } = await agentThat(handle);
    const outcome = await outcomeOf(agent.request('go').then(readAll));
    expect([JSON.stringify(outcome), agent.requests]).toEqual([
      expect.stringContaining('RequestFailed'),
      { queued: 0, pending: 0, streaming: 0 },
    ]);
  });

  it('is none where its iterator gives its steps at once', async () => {
    let at = 0;
    const { agent } = await agentThat(() => iterates(() => ({ done: at === 2, value: at++ })));
    expect(await readAll(await agent.request('go'))).toEqual([0, 1, 2]);
  });
});
