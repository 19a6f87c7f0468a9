import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { RequestError } from '../../../src/index.js';
import { agentThat, deferred, outcomeOf, readAll, turns } from './request-rig.js';

const iterable = (step: unknown) => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(step) }),
});

describe('a stream that no generator has made', () => {
  it.each([
    ['is nothing', undefined, 'TypeError: The stream gave undefined where a chunk was asked for'],
    ['is null', null, 'TypeError: The stream gave null where a chunk was asked for'],
    [
      'throws when it is read',
      {
        get done(): boolean {
          throw new Error('no step');
        },
      },
      'Error: no step',
    ],
    [
      'has a last value that throws when it is looked at',
      {
        done: true,
        value: new Proxy(
          {},
          {
            has: () => {
              throw new Error('no value');
            },
          },
        ),
      },
      'Error: no value',
    ],
  ])('fails its request, which has ended then, where a step %s', async (_, step, cause) => {
    const { agent } = await agentThat(() => iterable(step));
    const outcomes: unknown[] = [];
    agent.onRequestEnd(({ outcome }) => outcomes.push(outcome));
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    const error = (await reader.read().catch((reason: unknown) => reason)) as RequestError;
    expect([error.code, String(error.cause), agent.requests.pending, outcomes]).toEqual([
      'RequestFailed',
      cause,
      0,
      ['RequestFailed'],
    ]);
  });

  it('is pending until it has returned, though the chunk that was asked for fails as soon as it is cut', async () => {
    const [next, returned] = [deferred<never>(), deferred<IteratorResult<unknown>>()];
    const { agent } = await agentThat((_, { signal }) => {
      signal.addEventListener('abort', () => {
        next.reject(signal.reason);
      });
      return {
        [Symbol.asyncIterator]: () => ({ next: () => next.promise, return: () => returned.promise }),
      };
    });
    const controller = new AbortController();
    const answer = await agent.request('go', { signal: controller.signal });
    const chunks = readAll(answer);
    await turns();
    controller.abort(new Error('left'));
    expect([await chunks, agent.requests.pending]).toEqual([[['Error: left']], 1]);
    returned.resolve({ done: true, value: undefined });
    await turns();
    expect(agent.requests.pending).toBe(0);
  });

  it('is destroyed when its reader leaves, without a chunk to wait for: a stream of Node', async () => {
    const stream = new Readable({ read: () => undefined });
    const { agent } = await agentThat(() => stream);
    const reader = ((await agent.request('go')) as ReadableStream).getReader();
    const read = outcomeOf(reader.read());
    await turns();
    await reader.cancel();
    expect([stream.destroyed, agent.requests.pending, await read]).toEqual([
      true,
      0,
      { done: true, value: undefined },
    ]);
  });
});

describe('an error of another agent, which an agent has asked', () => {
  it.each([
    [
      'value',
      () => {
        throw new RequestError('HandedOver', 'other', { token: 7 });
      },
    ],
    [
      'stream',
      async function* () {
        yield await Promise.resolve(1);
        throw new RequestError('HandedOver', 'other', { token: 7 });
      },
    ],
  ])('is no error of its own, with a token that it has not given: %s', async (kind, handle) => {
    const { agent } = await agentThat(handle);
    const answer = agent.request('go');
    const end = kind === 'value' ? await outcomeOf(answer) : (await readAll(await answer)).at(-1);
    expect(end).toEqual(['RequestFailed', 'HandedOver']);
  });
});

it.each([
  ['signal', new AbortController(), 'an AbortSignal'],
  ['signal', null, 'an AbortSignal'],
  ['onProgress', 5, 'a function'],
])(
  'an option of a request that is not of its kind is refused by its name: %s',
  async (field, value, kind) => {
    const { agent } = await agentThat(() => 1);
    await expect(agent.request('go', { [field]: value })).rejects.toMatchObject({
      code: 'InvalidValue',
      field,
      expected: kind,
    });
  },
);
