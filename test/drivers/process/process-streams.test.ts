import { describe, expect, it } from '@jest/globals';
import { createAgentHost, HandedOver } from '../../../src/index.js';
import { processDriver } from '../../../src/drivers/process/index.js';
import { driven, DriverCall, readAll, streamIn, type Driven } from '../driven.js';
import { agentThat } from './fixture.js';

const running = (behaviour: string) => driven(processDriver(), agentThat(behaviour));

/** What the agent that says whatever it is asked to says, in its lines. */
function ask({ driver }: Driven, lines: readonly string[], call = new DriverCall()): Promise<unknown> {
  return driver.handle(lines, call) as Promise<unknown>;
}

async function stream(agent: Driven, lines: readonly string[], call = new DriverCall()) {
  return streamIn(await ask(agent, lines, call));
}

function chunkLine(chunk: unknown): string {
  return `{"id":ID,"chunk":${JSON.stringify(chunk)}}`;
}

async function readFailure(answer: ReadableStream): Promise<unknown> {
  const error: unknown = await answer
    .getReader()
    .read()
    .catch((thrown: unknown) => thrown);
  return (error as { code?: unknown }).code;
}

const DONE = '{"id":ID,"ok":true}';

describe('a stream of a process', () => {
  it('has whatever JSON its chunks are', async () => {
    const chunks = ['a', null, 0, false, [], { a: 1 }];
    const iterator = await stream(await running('says'), [...chunks.map(chunkLine), DONE]);
    expect(await readAll(iterator)).toEqual({ chunks, returned: undefined });
  });

  it('has the value of its answer last', async () => {
    const lines = [chunkLine(1), '{"id":ID,"ok":true,"value":"last"}'];
    expect(await readAll(await stream(await running('says'), lines))).toEqual({
      chunks: [1],
      returned: 'last',
    });
  });

  it('may be handed over', async () => {
    const lines = [chunkLine(1), '{"id":ID,"ok":true,"handOver":[2]}'];
    const { returned } = await readAll(await stream(await running('says'), lines));
    expect(returned).toEqual(new HandedOver([2]));
  });

  it('fails with its process', async () => {
    const { driver } = await driven(processDriver(), {
      command: 'sh',
      args: [
        '-c',
        `read -r l; echo '{"id":1,"ok":true}'; read -r l; echo '{"id":2,"chunk":1}'; echo oh >&2; exit 3`,
      ],
    });
    const iterator = streamIn(await driver.handle('', new DriverCall()));
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ChildEnded' });
  });

  it('has an error in the middle thrown after its chunks', async () => {
    const lines = [chunkLine(1), '{"id":ID,"ok":false,"error":{"message":"no more","code":"Out"}}'];
    const iterator = await stream(await running('says'), lines);
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'AnsweredError', cause: { code: 'Out' } });
  });

  it('has nothing more once its reader has left, and the process is told', async () => {
    const agent = await running('says');
    const iterator = await stream(agent, [chunkLine(1), chunkLine(2)]);
    await iterator.next();
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await ask(agent, ['{"id":ID,"ok":true,"value":HEARD}'])).toEqual(['cancel 2']);
  });

  it('fails with the reason of its signal, and the process is told', async () => {
    const agent = await running('says');
    const call = new DriverCall();
    const iterator = await stream(agent, [chunkLine(1)], call);
    await iterator.next();
    const next = expect(iterator.next()).rejects.toThrow('never mind');
    call.abort(new Error('never mind'));
    await next;
    expect(await ask(agent, ['{"id":ID,"ok":true,"value":HEARD}'])).toEqual(['cancel 2']);
  });
});

describe('a reader of a process that is too slow', () => {
  const KIBIBYTE = 'x'.repeat(1024);
  const LARGE = 'x'.repeat(1_000_000);

  it('has its request fail once more than 1 MiB waits for it, and the process is told', async () => {
    const agent = await running('floods');
    const iterator = streamIn(await agent.driver.handle([KIBIBYTE, 2_000], new DriverCall()));
    await agent.driver.handle('flush', new DriverCall());
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ReaderTooSlow', agent: 'agent' });
    expect(await agent.driver.handle('heard', new DriverCall())).toEqual(['cancel 2']);
  });

  it('holds up no drain: its request has failed before it reads on', async () => {
    const host = createAgentHost();
    const agent = host.deploy({ name: 'agent', driver: processDriver(), options: agentThat('floods') });
    await agent.run();
    const answer = (await agent.request([KIBIBYTE, 2_000])) as ReadableStream;
    const { report } = await agent.drain();
    expect([await readFailure(answer), report]).toEqual([
      'ReaderTooSlow',
      expect.objectContaining({ forced: false, abandoned: [] }),
    ]);
  });

  it('changes nothing for one that reads', async () => {
    const agent = await running('floods');
    await agent.driver.handle([KIBIBYTE, 2_000], new DriverCall());
    const iterator = streamIn(await agent.driver.handle([KIBIBYTE, 2_000], new DriverCall()));
    expect((await readAll(iterator)).chunks.length).toBe(2_000);
  });

  it('may have one chunk of any size, and all of an agent no more than 16 MiB', async () => {
    const agent = await running('floods');
    const streams = [];
    for (let count = 0; count < 17; count++) {
      streams.push(streamIn(await agent.driver.handle([LARGE, 1], new DriverCall())));
    }
    const ends = await Promise.allSettled(streams.map((each) => each.next()));
    expect(ends.map(({ status }) => status)).toEqual([...Array<string>(16).fill('fulfilled'), 'rejected']);
    // What was read waits no longer.
    const next = streamIn(await agent.driver.handle([LARGE, 1], new DriverCall()));
    expect((await readAll(next)).chunks.length).toBe(1);
  });
});

describe('readers of a process that have 16 MiB to read in all', () => {
  it('pay for no other: the stream fails whose reader is furthest behind', async () => {
    const agent = await running('floods');
    const streams = [];
    for (const size of [1_000_000, ...Array<number>(15).fill(990_000), 980_000, 900_000]) {
      streams.push(
        streamIn(await agent.driver.handle(['x'.repeat(size), 1, 'and goes on'], new DriverCall())),
      );
    }
    const ends = await Promise.allSettled(streams.map((each) => each.next()));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', ...Array<string>(17).fill('fulfilled')]);
  });
});

describe('what a request of a process is given', () => {
  it('is its generation, and the token that it goes on with', async () => {
    const agent = await running('repeats');
    expect(await agent.driver.handle('a', new DriverCall())).toEqual({
      id: 2,
      do: 'request',
      payload: 'a',
      generation: 1,
      heard: [],
    });
    expect(await agent.driver.handle('a', new DriverCall({ at: 1 }))).toMatchObject({ resume: { at: 1 } });
  });

  it('is the trace that it is a part of, where there is one', async () => {
    const call = Object.assign(new DriverCall(), { traceparent: '00-1-2-01' });
    const answer = await (await running('repeats')).driver.handle('a', call);
    expect(answer).toMatchObject({ traceparent: '00-1-2-01' });
  });

  it('is refused where its token is no JSON', async () => {
    const { driver } = await running('repeats');
    const answer = Promise.resolve(driver.handle('a', new DriverCall(1n)));
    await expect(answer).rejects.toMatchObject({ code: 'InputInvalid' });
  });

  it('is told once that the agent drains', async () => {
    const agent = await running('says');
    const calls = [new DriverCall(), new DriverCall(), new DriverCall()];
    for (const call of calls.slice(0, 2)) await stream(agent, [chunkLine(1)], call);
    for (const call of calls) call.drain();
    const answer = await ask(agent, ['{"id":ID,"ok":true,"value":HEARD}'], calls[2]);
    expect(answer).toEqual(['drain']);
  });
});

describe('what a process may not say of a request', () => {
  it.each([
    ['a chunk of an operation', '{"id":1,"chunk":1}'],
    ['a chunk that is none', '{"id":ID,"chunk":1,"ok":true}'],
    ['a chunk of what was never asked', '{"id":77,"chunk":1}'],
  ])('fails the agent, unless that is over: %s', async (_, line) => {
    const agent = await running('says');
    const answer = ask(agent, [line, DONE]);
    if (line.includes('"id":1,')) expect(await answer).toBeUndefined();
    else await expect(answer).rejects.toMatchObject({ code: 'Nonsense' });
  });

  it('fails the agent where it is a chunk in the place of a start', async () => {
    const options = { command: 'sh', args: ['-c', `read -r l; echo '{"id":1,"chunk":1}'; read -r l`] };
    await expect(driven(processDriver(), options)).rejects.toMatchObject({ code: 'Nonsense' });
  });

  it('fails the request alone where its token is nested too deep', async () => {
    const agent = await running('says');
    const deep = '['.repeat(2_000) + ']'.repeat(2_000);
    await expect(ask(agent, [`{"id":ID,"ok":true,"handOver":${deep}}`])).rejects.toMatchObject({
      code: 'InvalidValue',
    });
    expect(await ask(agent, [DONE])).toBeUndefined();
  });
});
