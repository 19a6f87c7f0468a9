import { describe, expect, it } from '@jest/globals';
import { createAgentHost, type RequestCall } from '../../../src/index.js';
import { createHostPersistence, createMemoryStore } from '../../../src/durable.js';
import { agentThat, deferred, outcomeOf, readAll, turns, type Handle } from './request-rig.js';

describe('the queue of an agent', () => {
  it('gives places in the order in which requests came', async () => {
    const order: unknown[] = [];
    const gates = [deferred(), deferred(), deferred()];
    const { agent } = await agentThat(
      (payload) => {
        order.push(payload);
        return gates[payload as number]?.promise;
      },
      { requests: { concurrency: 1 } },
    );
    const requests = [0, 1, 2].map((payload) => agent.request(payload));
    await turns();
    expect([order, agent.requests]).toEqual([[0], { queued: 2, pending: 1, streaming: 0 }]);
    gates.forEach(({ resolve }, index) => {
      resolve(`answer ${index}`);
    });
    expect([await Promise.all(requests), order]).toEqual([
      ['answer 0', 'answer 1', 'answer 2'],
      [0, 1, 2],
    ]);
  });

  it('refuses one more than it may hold, with the refusal of the chart as the cause', async () => {
    const { agent } = await agentThat(() => deferred().promise, { requests: { concurrency: 1, queue: 1 } });
    void agent.request(1);
    void agent.request(2);
    await turns();
    expect(await outcomeOf(agent.request(3))).toEqual(['TooManyRequests', 'TooManyPendingRequests']);
  });

  it('is what the driver says where the spec says nothing', async () => {
    const host = createAgentHost();
    const gate = deferred();
    const driver = { concurrency: 1, handle: () => gate.promise };
    const agent = host.deploy({ name: 'agent', driver: () => driver });
    await agent.run();
    const requests = [agent.request(1), agent.request(2)];
    await turns();
    expect(agent.requests).toEqual({ queued: 1, pending: 1, streaming: 0 });
    gate.resolve('done');
    expect(await Promise.all(requests)).toEqual(['done', 'done']);
  });

  it.each([
    ['a drain', 'NotAcceptingRequests', (agent: Agent) => void agent.drain()],
    ['a stop', 'NotAcceptingRequests', (agent: Agent) => void agent.stop()],
    [
      'a cordon',
      'AgentCordoned',
      (agent: Agent) => {
        agent.cordon();
      },
    ],
    ['a failure', 'AgentFailed', (agent: Agent) => void agent.fail('no more')],
  ])('is emptied by %s', async (_, code, end) => {
    const { agent } = await agentThat(() => deferred().promise, { requests: { concurrency: 1 } });
    void agent.request('in work').catch(() => undefined);
    const waiting = outcomeOf(agent.request('waits'));
    await turns();
    end(agent);
    expect(await waiting).toEqual([code]);
  });

  it('is kept over a restart, and takes requests meanwhile', async () => {
    const first = deferred();
    const { agent, clock, made } = await agentThat(
      [() => first.promise, (payload) => `second ${String(payload)}`],
      {
        requests: { concurrency: 1 },
        restart: { type: 'transient', backoff: { initial: 1_000, jitter: 0 } },
      },
    );
    const inWork = outcomeOf(agent.request('a'));
    const waiting = agent.request('b');
    await turns();
    made[0]?.fail('crash');
    expect(await inWork).toEqual(['AgentFailed']);
    expect(agent.supervision).toBe('backingOff');
    const later = agent.request('c');
    await turns();
    expect(agent.requests.queued).toBe(2);
    clock.increment(2_000);
    expect(await Promise.all([waiting, later])).toEqual(['second b', 'second c']);
  });

  it('is kept by an agent that ends with success and is restarted', async () => {
    const { agent, clock, made } = await agentThat(
      [() => deferred().promise, (payload) => `second ${String(payload)}`],
      {
        requests: { concurrency: 1 },
        restart: { type: 'permanent', backoff: { initial: 1_000, jitter: 0 } },
      },
    );
    const inWork = outcomeOf(agent.request('a'));
    const waiting = outcomeOf(agent.request('b'));
    await turns();
    made[0]?.finish();
    const meanwhile = outcomeOf(agent.request('c'));
    expect(await inWork).toEqual(['AgentStopped']);
    await turns();
    clock.increment(2_000);
    expect(await Promise.all([waiting, meanwhile])).toEqual(['second b', 'second c']);
  });

  it('is refused by an agent that ends with success and is not restarted', async () => {
    const { agent, made } = await agentThat(() => deferred().promise, { requests: { concurrency: 1 } });
    void agent.request('a').catch(() => undefined);
    const waiting = outcomeOf(agent.request('b'));
    await turns();
    made[0]?.finish();
    expect(await waiting).toEqual(['NotAcceptingRequests']);
  });

  it('is kept over a swap', async () => {
    const first = deferred();
    const { agent } = await agentThat([() => first.promise, (payload) => `second ${String(payload)}`], {
      requests: { concurrency: 1 },
    });
    const inWork = agent.request('a');
    const waiting = agent.request('b');
    await turns();
    const swap = agent.swap({ versionNumber: 2 });
    expect(await waiting).toBe('second b');
    first.resolve('first a');
    expect([await inWork, (await swap).swapped]).toEqual(['first a', true]);
  });

  it('forgets one whose caller has left', async () => {
    const gate = deferred();
    const { agent } = await agentThat(() => gate.promise, { requests: { concurrency: 1 } });
    const inWork = agent.request('a');
    const controller = new AbortController();
    const waiting = outcomeOf(agent.request('b', { signal: controller.signal }));
    await turns();
    controller.abort(new Error('gone'));
    expect([await waiting, agent.requests.queued]).toEqual([['Error: gone'], 0]);
    gate.resolve('done');
    expect(await inWork).toBe('done');
  });

  it('is not for leases', async () => {
    const { agent } = await agentThat(() => 'done', { requests: { concurrency: 1 } });
    const lease = await agent.accept();
    expect(await outcomeOf(agent.accept())).toEqual(['TooManyRequests', 'TooManyPendingRequests']);
    lease.release();
    (await agent.accept()).release();
  });
});

type Agent = Awaited<ReturnType<typeof agentThat>>['agent'];

describe('the limits of a request', () => {
  it('end one whose agent gives no sign of life', async () => {
    const signals: AbortSignal[] = [];
    const { agent, clock } = await agentThat(
      (_, { signal }) => {
        signals.push(signal);
        return deferred().promise;
      },
      { requests: { timeout: 1_000 } },
    );
    const request = outcomeOf(agent.request('a'));
    await turns();
    clock.increment(999);
    await turns();
    expect(signals[0]?.aborted).toBe(false);
    clock.increment(100);
    expect(await request).toEqual(['RequestTimedOut']);
    expect(signals[0]?.reason).toMatchObject({ code: 'RequestTimedOut' });
  });

  it('are put off by progress, which its caller is told', async () => {
    const calls: RequestCall[] = [];
    const gate = deferred();
    const { agent, clock } = await agentThat(
      (_, call) => {
        calls.push(call);
        return gate.promise;
      },
      { requests: { timeout: 1_000 } },
    );
    const progress: unknown[] = [];
    const request = agent.request('a', { onProgress: (value) => progress.push(value) });
    await turns();
    for (const value of [1, 2, 3]) {
      clock.increment(900);
      await turns();
      calls[0]?.progress(value);
    }
    gate.resolve('done');
    expect([await request, progress]).toEqual(['done', [1, 2, 3]]);
  });

  it('do not count the time in the queue', async () => {
    const gates = [deferred(), deferred()];
    const { agent, clock } = await agentThat((payload) => gates[payload as number]?.promise, {
      requests: { concurrency: 1, timeout: 1_000 },
    });
    const requests = [agent.request(0), agent.request(1)];
    await turns();
    clock.increment(900);
    gates[0]?.resolve('first');
    await turns();
    clock.increment(900);
    await turns();
    gates[1]?.resolve('second');
    expect(await Promise.all(requests)).toEqual(['first', 'second']);
  });

  it('bound the whole of it, the queue among it', async () => {
    const { agent, clock } = await agentThat(
      (_, { progress }) => {
        progress();
        return deferred().promise;
      },
      { requests: { concurrency: 1, maxDuration: 500 } },
    );
    const requests = [outcomeOf(agent.request(0)), outcomeOf(agent.request(1))];
    await turns();
    clock.increment(600);
    expect(await Promise.all(requests)).toEqual([['MaxDurationExceeded'], ['MaxDurationExceeded']]);
  });

  it.each([
    [{ timeout: 0 }, 'requests.timeout'],
    [{ maxDuration: 1.5 }, 'requests.maxDuration'],
    [{ concurrency: 10_001 }, 'requests.concurrency'],
    [{ queue: -1 }, 'requests.queue'],
    [{ concurency: 1 }, 'concurency'],
  ])('are refused where they are none: %j', (requests, field) => {
    const host = createAgentHost();
    const spec = { name: 'agent', driver: () => ({ handle: () => 1 }), requests: requests as object };
    expect(() => host.deploy(spec)).toThrow(expect.objectContaining({ code: 'InvalidValue', field }));
  });
});

function streamFrom(chunks: readonly unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function* count(to: number, onReturn = () => undefined as unknown) {
  try {
    for (let number = 1; number <= to; number++) yield await Promise.resolve(number);
  } finally {
    onReturn();
  }
}

describe('an answer that is a stream', () => {
  it.each<[string, Handle]>([
    ['an async generator', () => count(3)],
    ['a promise of one', () => Promise.resolve(count(3))],
    ['a ReadableStream', () => streamFrom([1, 2, 3])],
  ])('comes whole and in order: %s', async (_, handle) => {
    const { agent } = await agentThat(handle);
    expect(await readAll(await agent.request('go'))).toEqual([1, 2, 3]);
    expect(agent.requests).toEqual({ queued: 0, pending: 0, streaming: 0 });
  });

  it('has what its generator returns as its last chunk', async () => {
    const { agent } = await agentThat(async function* () {
      yield await Promise.resolve(1);
      return 2;
    });
    expect(await readAll(await agent.request('go'))).toEqual([1, 2]);
  });

  it('is pending until it was read, and a drain waits for that', async () => {
    const { agent } = await agentThat(() => count(2));
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    const drain = agent.drain();
    await turns();
    expect([agent.state, agent.requests]).toEqual(['draining', { queued: 0, pending: 1, streaming: 1 }]);
    await reader.read();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect((await drain).report).toMatchObject({ completed: 1, aborted: [], abandoned: [], forced: false });
  });

  it('asks for no chunk before it is read', async () => {
    let asked = 0;
    const { agent } = await agentThat(async function* () {
      for (;;) yield await Promise.resolve(++asked);
    });
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await turns();
    expect(asked).toBe(0);
    await reader.read();
    await turns();
    expect(asked).toBe(1);
    await reader.cancel();
  });

  it('ends its generator when its reader leaves', async () => {
    let ended = 0;
    const { agent } = await agentThat(() => count(10, () => ended++));
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    await reader.cancel(new Error('enough'));
    expect([ended, agent.requests.pending]).toEqual([1, 0]);
  });

  it('fails in the middle with what its generator threw, never with a clean end', async () => {
    const { agent } = await agentThat(async function* () {
      yield await Promise.resolve(1);
      throw Object.assign(new Error('broken'), { code: 'Broken' });
    });
    expect(await readAll(await agent.request('go'))).toEqual([1, ['RequestFailed', 'Broken']]);
    expect(agent.requests.pending).toBe(0);
  });

  it('runs out of time while the agent is asked, and not while its reader pauses', async () => {
    const { agent, clock } = await agentThat(
      async function* () {
        yield await Promise.resolve(1);
        await deferred().promise;
      },
      { requests: { timeout: 1_000 } },
    );
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    clock.increment(100_000);
    await turns();
    const next = outcomeOf(reader.read());
    await turns();
    clock.increment(1_100);
    expect(await next).toEqual(['RequestTimedOut']);
  });

  it('fails with the reason of its caller', async () => {
    let ended = 0;
    const { agent } = await agentThat(() => count(10, () => ended++));
    const controller = new AbortController();
    const reader = ((await agent.request('go', { signal: controller.signal })) as ReadableStream).getReader();
    await reader.read();
    controller.abort(new Error('gone'));
    expect(await outcomeOf(reader.read())).toEqual(['Error: gone']);
    await turns();
    expect([ended, agent.requests.pending]).toEqual([1, 0]);
  });

  it('is cut by a stop, and counts as aborted where its generator ends by that', async () => {
    const { agent } = await agentThat(() => count(10));
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    await agent.stop();
    expect(await outcomeOf(reader.read())).toEqual(['AgentStopped']);
    expect(agent.report).toMatchObject({
      abandonedRequests: 0,
      forced: true,
      drain: { completed: 0, aborted: [{ id: '1-1' }], abandoned: [] },
    });
  });

  it('counts as abandoned where its generator does not end', async () => {
    const { agent } = await agentThat(async function* () {
      yield await Promise.resolve(1);
      await deferred().promise;
    });
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    await reader.read();
    const next = outcomeOf(reader.read());
    await turns();
    await agent.stop();
    expect([await next, agent.report]).toEqual([
      ['AgentStopped'],
      expect.objectContaining({
        abandonedRequests: 1,
        drain: expect.objectContaining({ aborted: [], abandoned: [expect.objectContaining({ id: '1-1' })] }),
      }),
    ]);
  });
});

const handsOver: Handle = (_, { draining, handOver, resume }) =>
  new Promise((resolve) => {
    if (draining.aborted) resolve(handOver({ at: 1 }));
    draining.addEventListener('abort', () => {
      resolve(handOver({ at: resume === undefined ? 1 : (resume as { at: number }).at + 1 }));
    });
  });

/** Counts to that number, and hands over at a drain where it is. */
const counts = (to: number): Handle =>
  async function* (_, { draining, handOver, resume }) {
    for (let number = (resume as number | undefined) ?? 1; number <= to; number++) {
      if (draining.aborted) return handOver(number);
      yield await Promise.resolve(number);
    }
    return undefined;
  };

describe('a request that is handed over', () => {
  it('in a drain ends with its token for its caller, who may bring it back', async () => {
    const { agent } = await agentThat([handsOver, (_, { resume }) => ({ resumed: resume })]);
    const request = outcomeOf(agent.request('a'));
    await turns();
    const { report } = await agent.drain();
    expect([await request, report]).toEqual([
      ['HandedOver', { at: 1 }],
      expect.objectContaining({
        completed: 0,
        handedOver: [{ id: '1-1', age: 0 }],
        aborted: [],
        abandoned: [],
        forced: false,
      }),
    ]);
    agent.renew();
    await agent.run();
    expect(await agent.request('a', { resume: { at: 1 } })).toEqual({ resumed: { at: 1 } });
  });

  it('in a swap goes on with the new version, and its caller sees one answer', async () => {
    const { agent } = await agentThat([
      handsOver,
      (payload, { resume, generation }) => ({ payload, resume, generation }),
    ]);
    const request = agent.request('a');
    await turns();
    const { swapped } = await agent.swap({ versionNumber: 2 });
    expect([swapped, await request]).toEqual([true, { payload: 'a', resume: { at: 1 }, generation: 2 }]);
  });

  it('goes over any number of swaps', async () => {
    const { agent } = await agentThat([handsOver, handsOver, handsOver, (_, { resume }) => resume]);
    const request = agent.request('a');
    for (const versionNumber of [2, 3, 4]) {
      await turns();
      await agent.swap({ versionNumber });
    }
    expect(await request).toEqual({ at: 3 });
  });

  it('goes ahead of those that wait', async () => {
    const order: unknown[] = [];
    const second: Handle = (payload) => {
      order.push(payload);
      return turns().then(() => payload);
    };
    const { agent } = await agentThat([handsOver, second], { requests: { concurrency: 1, queue: 2 } });
    const requests = ['a', 'b', 'c'].map((payload) => agent.request(payload));
    await turns();
    await agent.swap({ versionNumber: 2 });
    await Promise.all(requests);
    // The first that waited took the place of the new version before the old one drained.
    expect(order).toEqual(['b', 'a', 'c']);
  });

  it('as a stream goes on where it was, whole and in order', async () => {
    const { agent } = await agentThat(counts(6));
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    const read = [(await reader.read()).value, (await reader.read()).value];
    const swap = agent.swap({ versionNumber: 2 });
    await turns();
    for (let step = await reader.read(); !step.done; step = await reader.read()) read.push(step.value);
    expect([read, (await swap).swapped, agent.generation]).toEqual([[1, 2, 3, 4, 5, 6], true, 2]);
    expect(agent.requests.pending).toBe(0);
  });

  it('as a stream in a drain fails with its token', async () => {
    const { agent } = await agentThat(counts(6));
    const answer = (await agent.request('go')) as ReadableStream;
    const reader = answer.getReader();
    await reader.read();
    const drain = agent.drain();
    await turns();
    expect(await outcomeOf(reader.read())).toEqual(['HandedOver', 2]);
    expect((await drain).report?.handedOver).toEqual([{ id: '1-1', age: 0 }]);
  });

  it('is not lost where the next instance fails: its error has the token', async () => {
    const { agent, made } = await agentThat([handsOver, () => deferred().promise]);
    const request = outcomeOf(agent.request('a'));
    await turns();
    void agent.swap({ versionNumber: 2 });
    await turns(6);
    made[1]?.fail('crash');
    expect(await request).toEqual(['AgentFailed', { at: 1 }]);
  });

  it('has a token that JSON carries, or the request fails', async () => {
    const { agent } = await agentThat((_, { handOver }) => handOver((() => 1) as never));
    expect(await outcomeOf(agent.request('a'))).toEqual(['RequestFailed', 'InvalidValue']);
  });
});

describe('what a request is told', () => {
  it('is that its agent drains, at a drain and a swap, and not at a stop', async () => {
    const calls: RequestCall[] = [];
    const handle: Handle = (_, call) => {
      calls.push(call);
      return deferred().promise;
    };
    const { agent } = await agentThat(handle);
    void agent.request('a').catch(() => undefined);
    await turns();
    void agent.swap({ versionNumber: 2 });
    await turns(6);
    void agent.request('b').catch(() => undefined);
    await turns();
    void agent.stop();
    await turns();
    expect(
      calls.map(({ draining, signal, generation }) => [draining.aborted, signal.aborted, generation]),
    ).toEqual([
      [true, true, 1],
      [false, true, 2],
    ]);
  });

  it('is the same for a copy of its call', async () => {
    const { agent } = await agentThat((_, call) => {
      const copy = { ...call };
      return [copy.signal === call.signal, copy.draining === call.draining, copy.generation];
    });
    expect(await agent.request('a')).toEqual([true, true, 1]);
  });
});

it('a factory in the place of a name is refused where a host keeps its agents', () => {
  const persistence = createHostPersistence(createMemoryStore(), { onFailure: () => undefined });
  const host = createAgentHost({ persistence });
  expect(() => host.deploy({ name: 'a', driver: () => ({ handle: () => 1 }) })).toThrow(
    expect.objectContaining({ code: 'InvalidValue', field: 'driver' }),
  );
});

it('the end of each request is told to those who listen', async () => {
  const { agent } = await agentThat((payload) => {
    if (payload === 'stream') return count(2);
    if (payload === 'fail') throw new Error('no');
    return payload;
  });
  const ends: unknown[] = [];
  agent.onRequestEnd((end) => ends.push(end));
  await agent.request('value');
  await readAll(await agent.request('stream'));
  await outcomeOf(agent.request('fail'));
  await agent.stop();
  await outcomeOf(agent.request('late'));
  expect(ends).toEqual([
    { outcome: 'Completed', duration: 0, chunks: 0 },
    { outcome: 'Completed', duration: 0, chunks: 2 },
    { outcome: 'RequestFailed', duration: 0, chunks: 0 },
    { outcome: 'NotAcceptingRequests', duration: 0, chunks: 0 },
  ]);
});

it('an agent that has ended has no requests in work: its report lists those abandoned', async () => {
  const { agent } = await agentThat(() => deferred().promise);
  void agent.request('a').catch(() => undefined);
  await turns();
  await agent.stop();
  expect([agent.requests, agent.report.abandonedRequests]).toEqual([
    { queued: 0, pending: 0, streaming: 0 },
    1,
  ]);
});
