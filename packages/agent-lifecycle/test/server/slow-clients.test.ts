import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { EventEmitter } from 'node:events';
import { type AgentHost, createAgentHost, functionDriver } from 'xstate-agent-lifecycle';
import { createAgentApp, type AgentAppOptions } from '../../src/server/agent-app.js';
import { SlowBodies } from '../../src/server/slow-bodies.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';
import { turn } from '../../../../test/host/host-rig.js';
import { answerIn, raw, served, until } from './served.js';

afterEach(() => {
  jest.useRealTimers();
});

describe('a client that is too slow', () => {
  it('for the headers is cut, with 408', async () => {
    const { port } = await served(new ScriptedDriver(), { headersTimeout: 1 });
    expect(answerIn(await raw(port, 'GET /agents HTTP/1.1\r\nHost:'))).toMatchObject({
      status: 408,
      headers: { connection: 'close', 'x-frame-options': 'DENY' },
    });
  });

  it.each([
    ['for its body', 'Content-Length: 100\r\n\r\nhalf'],
    ['for its body in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('%s is cut, with 408, and is no failure of the server', async (_, rest) => {
    const { port, driver, errors } = await served(new ScriptedDriver(), { bodyGrace: 1 });
    const answer = await raw(port, `POST /agents/agent/requests HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect([answerIn(answer).status, answerIn(answer).body, driver.count('handle'), errors]).toEqual([
      408,
      '{"error":{"code":"RequestTooSlow","message":"The request is too slow"}}',
      0,
      [],
    ]);
  });
});

describe('a body', () => {
  function arriving(headers: Record<string, string>) {
    let now = 0;
    const socket = { bytesRead: 500 };
    const request = Object.assign(new EventEmitter(), { headers, socket, complete: false });
    const bodies = new SlowBodies({ grace: 10_000, rate: 1_000, now: () => now });
    bodies.watch(request as unknown as IncomingMessage);
    return {
      request,
      /** Whether it is too slow, with that many bytes at that moment. */
      isTooSlow: (time: number, bytes: number) => {
        now = time;
        socket.bytesRead = 500 + bytes;
        return bodies.tooSlow(now).length > 0;
      },
    };
  }

  it('has the grace, and a second more for each thousand bytes', () => {
    const { isTooSlow } = arriving({ 'content-length': '50000' });
    expect([isTooSlow(10_000, 0), isTooSlow(12_000, 2_000), isTooSlow(12_001, 2_000)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('that has come whole may wait for its answer', () => {
    const { request, isTooSlow } = arriving({ 'transfer-encoding': 'chunked' });
    request.emit('end');
    expect(isTooSlow(600_000, 0)).toBe(false);
  });

  it.each([{}, { 'content-length': '0' }])('that there is none of is not waited for: %j', (headers) => {
    expect(arriving(headers).isTooSlow(600_000, 0)).toBe(false);
  });
});

/** The app of a host, called in this process: what its readers do not read stays unread. */
function appOf(count = 1, options: Partial<AgentAppOptions> = {}) {
  const driver = new ScriptedDriver();
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  const agents = host.deployAll(
    Array.from({ length: count }, (_, index) => ({ name: `agent-${index}`, driver: 'scripted' })),
  );
  const closing = new AbortController();
  const app = createAgentApp(host, { allowedHosts: ['localhost'], closing: closing.signal, ...options });
  const get = async (path: string) => app.request(path, { headers: { host: 'localhost' } });
  const readerOf = async (path: string) => ((await get(path)).body as ReadableStream<Uint8Array>).getReader();
  return { host, agents, agent: agents[0] as (typeof agents)[number], closing, get, readerOf };
}

const text = async (reader: ReadableStreamDefaultReader<Uint8Array>) =>
  new TextDecoder().decode((await reader.read()).value);

describe('event streams', () => {
  it.each(['/events', '/agents/agent-0/events', '/agents/agent-0/journal/events'])(
    'are as many as may be; one more is told when to come again: %s',
    async (path) => {
      const { get, readerOf, closing } = appOf(1, { maxEventStreams: 2 });
      const first = await readerOf(path);
      await readerOf(path);
      const refused = await get(path);
      expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
        503,
        '5',
        {
          error: {
            code: 'TooManyStreams',
            message: 'There are 2 event streams already: expected fewer',
            max: 2,
          },
        },
      ]);
      await first.cancel();
      expect((await get(path)).status).toBe(200);
      closing.abort();
    },
  );

  it('that nobody reads are made nothing for: n of them are read as often as one', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const views = async (streams: number) => {
      const { agent, readerOf, closing } = appOf(1);
      let count = 0;
      const { record } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(agent)) as Record<
        string,
        PropertyDescriptor
      >;
      Object.defineProperty(agent, 'record', {
        get: () => {
          count++;
          return record?.get?.call(agent) as unknown;
        },
      });
      for (let index = 0; index < streams; index++) await readerOf('/events');
      for (let change = 0; change < 20; change++) {
        if (change % 2 === 0) agent.cordon();
        else agent.uncordon();
        jest.advanceTimersByTime(200);
        await turn();
      }
      closing.abort();
      return count;
    };
    expect(await views(100)).toBe(await views(1));
  });

  it('that are read share each update', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { agent, readerOf, closing } = appOf();
    const readers = await Promise.all(Array.from({ length: 3 }, () => readerOf('/events')));
    for (const reader of readers) await reader.read();
    for (const reader of readers) await reader.read();
    const reads = readers.map((reader) => reader.read());
    await turn();
    agent.cordon();
    jest.advanceTimersByTime(200);
    const frames = (await Promise.all(reads)).map(({ value }) => value);
    expect([frames[1] === frames[0], frames[2] === frames[0], new TextDecoder().decode(frames[0])]).toEqual([
      true,
      true,
      expect.stringContaining('"isCordoned":true'),
    ]);
    closing.abort();
  });

  it('follow the queue of an agent, and the streams that are read', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { host, readerOf, closing } = appOf(0);
    const handle = (payload: unknown) =>
      new Promise((resolve) => {
        open = () => {
          resolve(payload);
        };
      });
    let open: () => void = () => undefined;
    const agent = host.deploy({
      name: 'agent',
      driver: functionDriver(handle),
      requests: { concurrency: 1 },
    });
    await agent.run();
    const reader = await readerOf('/events');
    await reader.read();
    await reader.read();
    const seen: unknown[] = [];
    const look = async () => {
      const frame = text(reader);
      await turn();
      jest.advanceTimersByTime(200);
      const [, data] = /^data: (.*)$/m.exec(await frame) ?? [];
      const { changed } = JSON.parse(String(data)) as { changed: { requests: object }[] };
      seen.push(changed.map(({ requests }) => requests));
    };
    void agent.request(new ReadableStream()).catch(() => undefined);
    await turn();
    await look();
    void agent.request('waits').catch(() => undefined);
    await turn();
    await look();
    open();
    await turn();
    await look();
    const limits = { concurrency: 1, queue: 1_000 };
    expect(seen).toEqual([
      [{ streaming: 0, queued: 0, ...limits }],
      [{ streaming: 0, queued: 1, ...limits }],
      [{ streaming: 1, queued: 1, ...limits }],
    ]);
    closing.abort();
  });

  it('tell a reader that comes back what has changed since, once, and what was removed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { host, agents, readerOf, closing } = appOf(3);
    const reader = await readerOf('/events');
    await reader.read();
    await reader.read();
    agents[0]?.cordon();
    jest.advanceTimersByTime(200);
    agents[1]?.cordon();
    jest.advanceTimersByTime(200);
    agents[1]?.uncordon();
    await host.remove('agent-2');
    jest.advanceTimersByTime(200);
    // What was sent while it read nothing, and all that came after that.
    const updates = [await text(reader), await text(reader)].map((frame) => {
      const [, data] = /^data: (.*)$/m.exec(frame) ?? [];
      const { changed, removed } = JSON.parse(String(data)) as {
        changed: { name: string }[];
        removed: string[];
      };
      return [changed.map(({ name }) => name), removed];
    });
    expect(updates).toEqual([
      [['agent-0'], []],
      [['agent-1'], ['agent-2']],
    ]);
    closing.abort();
  });

  it('of a reader that takes nothing for a minute are cut', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { readerOf } = appOf();
    const idle = await readerOf('/agents/agent-0/events');
    const reading = await readerOf('/agents/agent-0/events');
    await reading.read();
    const beats: string[] = [];
    for (let count = 0; count < 4; count++) {
      const beat = text(reading);
      await turn();
      jest.advanceTimersByTime(15_000);
      beats.push(await beat);
    }
    await expect(idle.read()).rejects.toThrow('lags too far behind');
    expect(beats).toEqual(Array<string>(4).fill(': still here\n\n'));
  });
});

describe('a reader that lags too far behind', () => {
  it('is cut from its connection, and what was kept for it is let go', async () => {
    const { host, agent, port } = await served();
    const subscriptions = subscriptionsOf(host);
    const { connect } = await import('node:net');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /agents/agent/journal/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.pause();
    await until(() => subscriptions.count === 1);
    while (subscriptions.count > 0) {
      for (let times = 0; times < 1_000; times++) agent.actor.send({ type: 'agent.load' });
      await turn();
    }
    socket.destroy();
  });
});

function subscriptionsOf(host: AgentHost): { count: number } {
  const open = { count: 0 };
  const watch = host.watch.bind(host);
  host.watch = (listener) => {
    const subscription = watch(listener);
    open.count++;
    return {
      unsubscribe: () => {
        open.count--;
        subscription.unsubscribe();
      },
    };
  };
  return open;
}
