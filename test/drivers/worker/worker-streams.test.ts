import { describe, expect, it } from '@jest/globals';
import { HandedOver } from '../../../src/index.js';
import { workerDriver } from '../../../src/drivers/worker/index.js';
import { driven, DriverCall, outOfTime, readAll, streamIn, type Driven } from '../driven.js';

const running = () => driven(workerDriver(), { module: 'test/drivers/worker/agents/streams.js' });

function ask({ driver }: Driven, request: string, call = new DriverCall()): Promise<unknown> {
  return driver.handle(request, call) as Promise<unknown>;
}

async function stream(agent: Driven, request: string, call = new DriverCall()) {
  return streamIn(await ask(agent, request, call));
}

async function counts(agent: Driven): Promise<{ made: number; ended: number }> {
  return (await ask(agent, 'counts')) as { made: number; ended: number };
}

/** Waits until a worker has made as many chunks as it will. */
async function settledCounts(agent: Driven): Promise<{ made: number; ended: number }> {
  for (let last = -1; ;) {
    const now = await counts(agent);
    if (now.made === last && now.made > 0) return now;
    last = now.made;
  }
}

describe('a stream of a worker', () => {
  it('has its chunks whole and in order', async () => {
    const all = await readAll(await stream(await running(), 'numbers'));
    expect(all).toEqual({ chunks: Array.from({ length: 1_000 }, (_, index) => index), returned: undefined });
  });

  it.each([
    ['iterable', [0, 1, 2]],
    ['readable', ['a', 'b', 'c']],
    ['empty', []],
    ['sameObject', [{ count: 0 }, { count: 1 }, { count: 2 }]],
    ['sameBuffer', ['a0', 'a1', 'a2'].map((text) => new TextEncoder().encode(text))],
  ])('may be anything that has chunks, each as it was then: %s', async (request, chunks) => {
    expect((await readAll(await stream(await running(), request))).chunks).toEqual(chunks);
  });

  it('passes on what its generator returns', async () => {
    const all = await readAll(await stream(await running(), 'returns'));
    expect(all).toEqual({ chunks: [1], returned: 'last' });
  });

  it('has nothing after its end', async () => {
    const iterator = await stream(await running(), 'returns');
    await readAll(iterator);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
  });

  it.each([
    ['endless', 64],
    ['texts', 4],
  ])('is no further ahead of its reader than it may: %s', async (request, ahead) => {
    const agent = await running();
    const iterator = await stream(agent, request);
    expect((await settledCounts(agent)).made).toBe(ahead);
    // From half of that on the worker is told what was read.
    for (let count = 0; count < ahead; count++) await iterator.next();
    expect((await settledCounts(agent)).made).toBe(2 * ahead);
  });

  it('holds up no other request', async () => {
    const agent = await running();
    await stream(agent, 'endless');
    expect((await readAll(await stream(agent, 'numbers'))).chunks.length).toBe(1_000);
  });
});

describe('a reader that leaves a stream of a worker', () => {
  it.each(['endless', 'waits', 'silentReadable', 'silentNodeStream'])(
    'ends its generator: %s',
    async (request) => {
      const agent = await running();
      const iterator = await stream(agent, request);
      await iterator.next();
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
      expect((await counts(agent)).ended).toBe(1);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    },
  );

  it('ends what it waits for', async () => {
    const iterator = await stream(await running(), 'waits');
    await iterator.next();
    const next = iterator.next();
    await iterator.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('fails with the reason of its signal, and the generator ends', async () => {
    const agent = await running();
    const call = new DriverCall();
    const iterator = await stream(agent, 'waits', call);
    await iterator.next();
    const next = expect(iterator.next()).rejects.toThrow('never mind');
    call.abort(new Error('never mind'));
    await next;
    await iterator.return?.();
    expect((await counts(agent)).ended).toBe(1);
  });

  it('leaves before the first chunk where its signal is aborted by then', async () => {
    const agent = await running();
    const call = new DriverCall();
    const answer = ask(agent, 'endless', call);
    call.abort(new Error('never mind'));
    await answer;
    expect((await counts(agent)).ended).toBe((await counts(agent)).made === 0 ? 0 : 1);
  });
});

describe('a stream of a worker that fails', () => {
  it('has its chunks first, and then what was thrown', async () => {
    const iterator = await stream(await running(), 'fails');
    for (const value of [1, 2, 3]) expect(await iterator.next()).toEqual({ done: false, value });
    await expect(iterator.next()).rejects.toMatchObject({
      code: 'ModuleFailed',
      cause: { name: 'RangeError', message: 'no more' },
    });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('before its first chunk fails the request', async () => {
    await expect(ask(await running(), 'failsAtOnce')).rejects.toMatchObject({
      code: 'ModuleFailed',
      cause: { message: 'no chunk at all' },
    });
  });

  it('for a chunk that cannot be cloned ends its generator', async () => {
    const agent = await running();
    const iterator = await stream(agent, 'functions');
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toMatchObject({ cause: { name: 'DataCloneError' } });
    expect((await counts(agent)).ended).toBe(1);
  });

  it('fails where a chunk cannot be read here, as what comes after it would follow on a gap', async () => {
    const agent = await driven(workerDriver(), {
      module: 'test/drivers/worker/agents/streams.js',
      resourceLimits: { stackSizeMb: 256 },
    });
    const iterator = await stream(agent, 'deep');
    expect(await iterator.next()).toEqual({ done: false, value: 'first' });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'AnswerUnreadable' });
    expect(await ask(agent, 'tellsCall')).toBeDefined();
  });

  it('fails with its worker', async () => {
    const iterator = await stream(await running(), 'exits');
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'WorkerExited' });
    await iterator.return?.();
  });
});

describe('a request of a worker whose time is over', () => {
  it('fails at once, and the agent goes on, whose worker still hears', async () => {
    const agent = await running();
    const call = new DriverCall();
    const iterator = await stream(agent, 'waits', call);
    await iterator.next();
    const reason = outOfTime();
    const next = iterator.next();
    call.abort(reason);
    await expect(next).rejects.toBe(reason);
    await iterator.return?.();
    expect([(await counts(agent)).ended, agent.failures]).toEqual([1, []]);
  });

  it('fails the agent where its worker is blocked before it takes the request', async () => {
    const agent = await running();
    const blocking = ask(agent, 'loopsAtOnce');
    // More than may lie before a worker.
    const waiting = new DriverCall();
    const first = agent.driver.handle('x'.repeat(1_000_000), new DriverCall());
    const request = agent.driver.handle('x'.repeat(1_000_000), waiting);
    const reason = outOfTime();
    waiting.abort(reason);
    await expect(request).rejects.toBe(reason);
    for (const other of [blocking, first])
      await expect(other).rejects.toMatchObject({ code: 'WorkerBlocked' });
  });

  it('fails the agent where its worker is blocked, which also ends the stream', async () => {
    const agent = await running();
    const call = new DriverCall();
    const iterator = await stream(agent, 'loops', call);
    await iterator.next();
    const next = iterator.next();
    const reason = outOfTime();
    call.abort(reason);
    await expect(next).rejects.toBe(reason);
    await iterator.return?.();
    expect(agent.failures).toMatchObject([{ code: 'WorkerBlocked' }]);
  });
});

describe('what a request of a worker is given', () => {
  it('is its generation, its token, and signals', async () => {
    const call = new DriverCall({ at: 3 });
    expect(await ask(await running(), 'tellsCall', call)).toEqual({
      generation: 1,
      resume: { at: 3 },
      draining: false,
      signal: false,
    });
  });

  it('is told that the agent drains, and may hand over', async () => {
    const agent = await running();
    const [one, other] = [new DriverCall(), new DriverCall()];
    const value = ask(agent, 'handsOver', one);
    const iterator = await stream(agent, 'handsOverInStream', other);
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    one.drain();
    other.drain();
    expect(await value).toEqual(new HandedOver({ at: 7 }));
    expect(await iterator.next()).toEqual({ done: true, value: new HandedOver([2]) });
    expect(await ask(agent, 'tellsCall', one)).toMatchObject({ draining: true });
  });

  it('fails where it yields what is to be returned', async () => {
    const iterator = await stream(await running(), 'yieldsHandOver');
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toThrow('handOver() has to be returned, not yielded');
  });

  it('takes no token that is no JSON', async () => {
    await expect(ask(await running(), 'handsOverNoJson')).rejects.toMatchObject({
      code: 'ModuleFailed',
      cause: { code: 'InvalidValue' },
    });
  });

  it('reports progress, in order with the chunks', async () => {
    const call = new DriverCall();
    const iterator = await stream(await running(), 'progress', call);
    await iterator.next();
    expect(call.reports[0]).toBe(1);
    await iterator.next();
    expect(call.reports).toEqual([1, { share: 0.5 }, undefined]);
  });

  it('throws where progress cannot be cloned', async () => {
    await expect(ask(await running(), 'progressOfFunction')).rejects.toMatchObject({
      cause: { name: 'DataCloneError' },
    });
  });
});

describe('a worker that forges a stream', () => {
  it.each(['forgeTooMany', 'forgeAGap'])('has it failed: %s', async (forgery) => {
    const { driver } = await driven(workerDriver(), { module: 'test/drivers/worker/agents/hostile.js' });
    const answer = await driver.handle({ do: forgery }, new DriverCall());
    await expect(readAll(streamIn(answer))).rejects.toMatchObject({ code: 'AnswerUnreadable' });
    expect(await driver.handle({ do: 'echo' }, new DriverCall())).toEqual({ do: 'echo' });
  });
});
