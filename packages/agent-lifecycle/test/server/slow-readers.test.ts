import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createAgentHost, functionDriver } from 'xstate-agent-lifecycle';
import { createAgentApp } from '../../src/server/agent-app.js';
import { nodeHandler } from '../../src/server/node-handler.js';
import { turn } from '../../../../test/host/host-rig.js';
import { until } from './served.js';

const TIMEOUT = 1_000;
const KINDS = [
  ['a stream', '*/*'],
  ['events', 'text/event-stream'],
] as const;

const ends: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  // The time of the limits alone: the sockets are real.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  jest.useRealTimers();
});

/** An agent that streams for ever, over HTTP. */
async function streaming(chunk = 'x'.repeat(4_096)) {
  const host = createAgentHost();
  const counts = { chunks: 0, returned: 0 };
  const handle = async function* () {
    try {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        counts.chunks++;
        yield chunk;
      }
    } finally {
      counts.returned++;
    }
  };
  const spec = { name: 'agent', driver: functionDriver(handle), requests: { timeout: TIMEOUT } };
  const agent = host.deploy(spec);
  await agent.run();
  const outcomes: string[] = [];
  agent.onRequestEnd(({ outcome }) => outcomes.push(outcome));
  const listener = nodeHandler(createAgentApp(host));
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    responses.push(response);
    void listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(
    () => host.shutdown({ force: true }),
    () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  );
  const { port } = server.address() as AddressInfo;
  /** Sends a request and reads nothing. @returns the response, once its reader is behind */
  const stuck = async (accept: string) => {
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    ends.unshift(() => Promise.resolve(socket.destroy()));
    const before = responses.length;
    socket.write(
      `POST /agents/agent/requests HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\nContent-Length: 2\r\n\r\ngo`,
    );
    await until(() => responses.length > before);
    const response = responses.at(-1) as ServerResponse;
    await untilStuck(response);
    return { socket, response };
  };
  return { agent, counts, outcomes, stuck };
}

/** Until nothing goes out any more: what the system takes for a reader is full. */
async function untilStuck(response: ServerResponse): Promise<void> {
  const sent = () => response.socket?.bytesWritten ?? 0;
  for (let same = 0, before = -1; same < 20;) {
    await turn();
    same = response.writableNeedDrain && sent() === before ? same + 1 : 0;
    before = sent();
  }
}

/** Lets the time pass in which limits are looked at. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 50) {
    jest.advanceTimersByTime(Math.min(50, left));
    await turn();
  }
}

/** Reads on until the agent is asked for more, and then no more. */
async function readOn(socket: Socket, response: ServerResponse, counts: { chunks: number }): Promise<void> {
  const before = counts.chunks;
  socket.on('data', () => undefined);
  socket.resume();
  await until(() => counts.chunks > before);
  socket.pause();
  await untilStuck(response);
}

describe.each(KINDS)('a client that takes nothing of %s', (_, accept) => {
  it('is cut once the timeout of requests is over: its generator returns, and its request has ended', async () => {
    const { agent, counts, outcomes, stuck } = await streaming();
    const { socket, response } = await stuck(accept);
    await pass(TIMEOUT - 100);
    const before = [response.destroyed, agent.requests.pending, counts.returned];
    await pass(200);
    await until(() => agent.requests.pending === 0);
    let received = '';
    socket.setEncoding('utf8').on('data', (data: string) => (received += data));
    socket.resume();
    await until(() => socket.closed);
    expect([before, response.destroyed, counts.returned, outcomes, received.endsWith('0\r\n\r\n')]).toEqual([
      [false, 1, 0],
      true,
      1,
      ['ReaderTooSlow'],
      false,
    ]);
  });

  it('costs what waits in its connection, and no more of the agent', async () => {
    const { counts, stuck } = await streaming();
    const { response } = await stuck(accept);
    const { chunks } = counts;
    await pass(TIMEOUT / 2);
    expect([counts.chunks, response.writableLength < 2 * response.writableHighWaterMark + 16_384]).toEqual([
      chunks,
      true,
    ]);
  });

  it('is not cut where it goes on now and then, however long it takes', async () => {
    const { agent, counts, stuck } = await streaming();
    const { socket, response } = await stuck(accept);
    for (let times = 0; times < 3; times++) {
      await pass(TIMEOUT - 100);
      await readOn(socket, response, counts);
    }
    expect([response.destroyed, agent.requests.pending]).toEqual([false, 1]);
  });
});

it('a client that is cut is cut alone', async () => {
  const { agent, counts, outcomes, stuck } = await streaming();
  const slow = await stuck('*/*');
  const reading = await stuck('*/*');
  for (let times = 0; times < 2; times++) {
    await pass(TIMEOUT - 200);
    await readOn(reading.socket, reading.response, counts);
  }
  expect([slow.response.destroyed, reading.response.destroyed, agent.requests.pending, outcomes]).toEqual([
    true,
    false,
    1,
    ['ReaderTooSlow'],
  ]);
});

it('a large chunk is sent in parts, so that it is seen to be taken', async () => {
  const { response } = await (await streaming('x'.repeat(50_000_000))).stuck('*/*');
  expect(response.writableLength).toBeLessThan(2 * response.writableHighWaterMark + 16_384);
});
