import { describe, expect, it } from '@jest/globals';
import { waitFor } from 'xstate';
import { AGENTS, deploy, endOf, running } from './worker-rig.js';

const HOSTILE = `${AGENTS}/hostile.js`;
const FAULTY = `${AGENTS}/faulty.js`;

class Account {
  readonly #balance = 5;

  get balance(): number {
    return this.#balance;
  }
}

describe('what a module says by its own means', () => {
  it('is no answer of the driver, where it posts that to its parent', async () => {
    const agent = await running({ module: HOSTILE });
    void agent.request({ do: 'forge' }).catch(() => undefined);
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it('harms nobody, where it has got at the channel', async () => {
    const agent = await running({ module: HOSTILE });
    expect(await agent.request({ do: 'forgeOnItsChannel' })).toBe('forged');
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it('fails its agent, where it closes the channel', async () => {
    const agent = await running({ module: HOSTILE });
    await expect(agent.request({ do: 'closeItsChannel' })).rejects.toMatchObject({ code: 'AgentFailed' });
    expect(await endOf(agent)).toEqual([
      'failed',
      'The worker was cut since it heard nothing any more: it did not answer within 1000 ms',
    ]);
  });

  it.each(['closeParent', 'listen', 'patch'])('changes nothing for later requests: %s', async (what) => {
    const agent = await running({ module: HOSTILE });
    await agent.request({ do: what });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
    const { result, error } = await agent.stop();
    expect([result.currentState, error]).toEqual(['stopped', null]);
  });

  it('changes nothing, where it replaces what the driver uses when it is imported', async () => {
    const agent = await running({ module: HOSTILE, data: 'patches' });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it('reaches its caller, where the worker ends right after it', async () => {
    const agent = await running({ module: HOSTILE });
    expect(await agent.request({ do: 'exitAfterAnswer' })).toBe('answered');
    expect(await endOf(agent)).toEqual(['stopped', null]);
  });
});

describe('a worker that ends in the middle of an operation', () => {
  it.each([
    ['import', 'throws', 'instantiating', 'no database'],
    ['import', 'exits', 'instantiating', 'exit code 3'],
    ['start', 'throws', 'starting', 'no database'],
    ['start', 'exits', 'starting', 'exit code 3'],
    ['start', 'finishes', 'starting', 'exit code 0'],
    ['stop', 'throws', 'stopping', 'no database'],
  ])('fails that, with the reason: %s %s', async (during, how, operation, detail) => {
    const agent = deploy({ module: `${AGENTS}/dies.js`, data: { during, how } });
    const run = await agent.run();
    const { error } = during === 'stop' ? await agent.stop() : run;
    const reason = `The worker has come to its end: ${detail}`;
    expect(error?.toJSON()).toMatchObject({ code: 'OperationFailed', operation, reason });
    expect([agent.state, agent.record.failureReason]).toEqual(['failed', reason]);
  });
});

describe('what a module throws', () => {
  it.each([
    ['aggregate', 'The module failed: refused by ::1; refused by 127.0.0.1'],
    ['cause', 'The module failed: fetch failed: connect ECONNREFUSED'],
    ['getters', 'The module failed: no reason was given'],
    ['proxy', expect.stringContaining('The module failed: ')],
    ['nothing', 'The module failed: undefined'],
    ['endless', expect.stringMatching(/^The module failed: x{4000}$/)],
  ])('fails the request and not the agent, and says why: %s', async (throws, message) => {
    const agent = await running({ module: FAULTY });
    await expect(agent.request({ throws })).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: { code: 'ModuleFailed', message },
    });
    expect(await agent.request({})).toBe('ok');
  });

  it('keeps what it gathers, and its cause', async () => {
    const agent = await running({ module: FAULTY });
    await expect(agent.request({ throws: 'aggregate' })).rejects.toMatchObject({
      cause: { cause: { name: 'AggregateError', errors: [{ message: 'refused by ::1' }, {}] } },
    });
    await expect(agent.request({ throws: 'cause' })).rejects.toMatchObject({
      cause: { cause: { name: 'TypeError', cause: { message: 'connect ECONNREFUSED' } } },
    });
  });

  it.each([
    ['aggregate', 'refused by ::1; refused by 127.0.0.1'],
    ['cause', 'fetch failed: connect ECONNREFUSED'],
    ['nothing', 'exit code 1'],
  ])('is the reason of its agent, where nobody catches it: %s', async (uncaught, detail) => {
    const agent = await running({ module: FAULTY });
    await agent.request({ uncaught });
    expect(await endOf(agent)).toEqual(['failed', `The worker has come to its end: ${detail}`]);
  });
});

describe('what has no clone, or would lose something by it,', () => {
  it.each([
    ['function', 'a function'],
    ['symbol', 'Symbol(a)'],
    ['class', 'the class Account'],
    ['shared', 'a SharedArrayBuffer'],
    ['detached', 'ArrayBuffer is detached'],
    ['promise', 'Promise'],
    ['proxy', 'cloned'],
    ['curve', 'the class ECDH'],
    ['getter', 'gotcha'],
  ])('fails the request as an answer, and the agent goes on: %s', async (answers, detail) => {
    const agent = await running({ module: FAULTY });
    await expect(agent.request({ answers })).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: { code: 'ModuleFailed', message: expect.stringContaining(detail) as unknown },
    });
    expect(await agent.request({})).toBe('ok');
  });

  it.each<[string, () => unknown, string]>([
    ['a function', () => ({ do: () => 1 }), 'a function'],
    ['a symbol', () => Symbol('a'), 'Symbol(a)'],
    ['an object of a class', () => new Account(), 'the class Account'],
    ['a shared buffer', () => new SharedArrayBuffer(8), 'a SharedArrayBuffer'],
    ['a detached buffer', detached, 'detached'],
    ['a proxy', () => new Proxy({}, {}), 'cloned'],
    ['a weak map', () => [new WeakMap()], 'cloned'],
  ])('fails the request as a payload, and never reaches the agent: %s', async (_, payloadOf, detail) => {
    const agent = await running();
    await expect(agent.request(payloadOf())).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: { code: 'PayloadInvalid', message: expect.stringContaining(detail) as unknown },
    });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it.each([
    ['map', new Map([[{ a: 1 }, new Set(['b'])]])],
    ['error', expect.objectContaining({ name: 'RangeError', message: 'too far' })],
    ['key', expect.objectContaining({ type: 'secret' })],
    ['bytes', new TextEncoder().encode('only these')],
  ])('is not taken for what has one: %s', async (answers, value) => {
    const agent = await running({ module: FAULTY });
    expect(await agent.request({ answers })).toEqual(value);
  });

  it('has as an answer no bytes that lie around it', async () => {
    const agent = await running({ module: FAULTY });
    const { buffer } = (await agent.request({ answers: 'bytes' })) as Uint8Array;
    expect(buffer.byteLength).toBe('only these'.length);
  });

  it('fails the request where the answer is too deep to be read here, and the agent goes on', async () => {
    const agent = await running({ module: HOSTILE, resourceLimits: { stackSizeMb: 256 } });
    await expect(agent.request({ do: 'answerDeep', size: 200_000 })).rejects.toMatchObject({
      cause: { code: 'AnswerUnreadable' },
    });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it('fails the request where the payload is too deep to be read there, and the agent goes on', async () => {
    const agent = await running({ resourceLimits: { stackSizeMb: 0.5 } });
    let deep: unknown[] = [];
    for (let level = 0; level < 3_000; level++) deep = [deep];
    const kept = agent.request({ do: 'echo' });
    await expect(agent.request(deep)).rejects.toMatchObject({
      cause: { code: 'PayloadInvalid', message: expect.stringContaining('could not read it') as unknown },
    });
    expect(await kept).toEqual({ do: 'echo' });
    expect(agent.state).toBe('running');
  });
});

describe('what a worker does not take', () => {
  const MEGABYTE = 1_000_000;
  const large = () => new Uint8Array(MEGABYTE);

  it('is bounded in bytes', async () => {
    const agent = await running({ module: HOSTILE });
    const blocked = agent.request({ do: 'block' });
    const requests = Array.from({ length: 17 }, () => agent.request(large()));
    const codes = Promise.all([blocked, ...requests].map(codeOf));
    await expect(agent.request(large())).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: { code: 'TooMuchWaiting' },
    });
    expect(agent.record.pendingRequests).toBe(18);
    await agent.stop();
    expect(await codes).toEqual(Array(18).fill('AgentStopped'));
  });

  it('goes with a request that its caller gives up', async () => {
    const agent = await running({ module: HOSTILE });
    const blocked = codeOf(agent.request({ do: 'block' }));
    const controller = new AbortController();
    const { signal } = controller;
    const requests = Array.from({ length: 17 }, () => agent.request(large(), { signal }));
    const givenUp = Promise.allSettled(requests);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('never mind'));
    await givenUp;
    // One was on its way already: it is pending until the module has heard of that.
    await waitFor(agent.actor, ({ context }) => context.pendingRequests === 2);
    const others = Promise.all(Array.from({ length: 16 }, () => codeOf(agent.request(large()))));
    await new Promise((resolve) => setImmediate(resolve));
    await agent.stop();
    expect([await blocked, ...(await others)]).toEqual(Array(17).fill('AgentStopped'));
  });

  it('is sent in order, as it was when it was asked, once there is room', async () => {
    const agent = await running({ module: HOSTILE });
    const blocked = agent.request({ do: 'block', size: 200 });
    const payloads = Array.from({ length: 20 }, (_, index) => ({
      index,
      bytes: new Uint8Array(400_000).fill(index),
    }));
    const answers = Promise.all(payloads.map((payload) => agent.request(payload)));
    await new Promise((resolve) => setImmediate(resolve));
    for (const { bytes } of payloads) bytes.fill(255);
    expect(await blocked).toBe('blocked');
    expect((await answers).map((answer) => [(answer as { index: number }).index, byteOf(answer)])).toEqual(
      payloads.map(({ index }) => [index, index]),
    );
  });

  it('has room for one request of any size', async () => {
    const agent = await running({ module: HOSTILE });
    const answers = await Promise.all([1, 2].map(() => agent.request(new Uint8Array(20 * MEGABYTE))));
    expect(answers.map((answer) => (answer as Uint8Array).length)).toEqual([20 * MEGABYTE, 20 * MEGABYTE]);
  });
});

describe('what a module prints', () => {
  it('comes to the host a line at a time, with its stream', async () => {
    const printed: (readonly [string, string])[] = [];
    const agent = await running({ module: FAULTY }, (line) => printed.push(line));
    await agent.request({ prints: ['one\ntw', 'o\r\n\n', '€', ' without an end'] });
    await agent.stop();
    const of = (stream: string) => printed.filter(([from]) => from === stream).map(([, text]) => text);
    expect([of('stdout'), of('stderr')]).toEqual([
      ['one', 'two', '', '€ without an end'],
      ['on the other stream'],
    ]);
  });
});

async function codeOf(request: Promise<unknown>): Promise<unknown> {
  try {
    return await request;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

function byteOf(answer: unknown): number | undefined {
  return (answer as { bytes: Uint8Array }).bytes[0];
}

function detached(): unknown {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}
