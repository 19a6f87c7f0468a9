import { afterEach, describe, expect, it } from '@jest/globals';
import { createAgentHost, functionDriver, type RequestCall } from 'xstate-agent-lifecycle';
import { serveAgents, type AgentServer } from '../../src/server/serve-agents.js';

type Handle = (payload: unknown, call: RequestCall) => unknown;

let server: AgentServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function served(handle: Handle, requests = {}) {
  const host = createAgentHost();
  const agent = host.deploy({ name: 'agent', driver: functionDriver(handle), requests });
  await agent.run();
  server = await serveAgents(host, { hostname: '127.0.0.1', port: 0 });
  const url = `${server.url}/agents/agent/requests`;
  return { agent, ask: (init: RequestInit = {}) => fetch(url, { method: 'POST', body: 'go', ...init }) };
}

const chunksOf = (...chunks: readonly unknown[]): Handle =>
  async function* () {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield await Promise.resolve(chunk);
    }
  };

const typeAndText = async (response: Response) => [
  response.status,
  response.headers.get('content-type'),
  await response.text(),
];

describe('an answer that streams, over HTTP', () => {
  it.each([
    ['texts as they are', ['one ', 'two'], 'text/plain; charset=utf-8', 'one two'],
    [
      'bytes as they are',
      [new Uint8Array([104]), new Uint8Array([105]).buffer],
      'application/octet-stream',
      'hi',
    ],
    ['anything else in lines of JSON', [{ a: 1 }, [2], null], 'application/x-ndjson', '{"a":1}\n[2]\nnull\n'],
    ['nothing as an empty text', [], 'text/plain; charset=utf-8', ''],
  ])('sends %s', async (_, chunks, type, text) => {
    const { ask } = await served(chunksOf(...chunks));
    expect(await typeAndText(await ask())).toEqual([200, type, text]);
  });

  it('is an error where it fails before its first chunk', async () => {
    const { ask } = await served(chunksOf(new Error('broken')));
    const response = await ask();
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: expect.objectContaining({ code: 'RequestFailed', agent: 'agent' }) },
    ]);
  });

  it.each([
    ['fails later', ['one', new Error('broken')]],
    ['has a chunk that does not fit the first', ['one', { two: 2 }]],
  ])('is cut, with no clean end, where it %s', async (_, chunks) => {
    const { ask, agent } = await served(chunksOf(...chunks));
    const response = await ask();
    await expect(response.text()).rejects.toThrow();
    expect(agent.requests.pending).toBe(0);
  });

  it('ends its generator when the client leaves', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { ask, agent } = await served(async function* () {
      try {
        for (;;) yield await Promise.resolve('more ');
      } finally {
        end();
      }
    });
    const controller = new AbortController();
    const response = await ask({ signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    await ended;
    await agent.drain();
    expect(agent.state).toBe('stopped');
  });

  it('comes in events where they are asked for, with progress beside the chunks', async () => {
    const { ask } = await served(async function* (_, { progress }) {
      progress({ step: 1 });
      yield await Promise.resolve('a\nb');
      yield await Promise.resolve(new Uint8Array([1, 2]));
    });
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect(await typeAndText(response)).toEqual([
      200,
      'text/event-stream',
      'event: progress\ndata: {"step":1}\n\ndata: "a\\nb"\n\ndata: "AQI="\n\nevent: end\ndata: \n\n',
    ]);
  });

  it('has an event for a failure in the middle', async () => {
    const { ask } = await served(chunksOf(1, new Error('broken')));
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toBe(
      'data: 1\n\nevent: error\ndata: {"code":"RequestFailed","message":"The agent failed the request: broken"}\n\n',
    );
  });

  it('of one value is one event', async () => {
    const { ask } = await served(() => ({ value: 1 }));
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toBe('data: {"value":1}\n\nevent: end\ndata: \n\n');
  });
});

describe('a request that is handed over, over HTTP', () => {
  it('is answered 503 with its token, which comes back as a header', async () => {
    const { ask } = await served((_, { resume, handOver }) =>
      resume === undefined ? handOver({ at: 3 }) : { resumed: resume },
    );
    const response = await ask();
    const { error } = (await response.json()) as { error: { code: string; token: unknown } };
    expect([response.status, response.headers.get('retry-after'), error]).toEqual([
      503,
      '1',
      expect.objectContaining({ code: 'HandedOver', token: { at: 3 } }),
    ]);
    const again = await ask({ headers: { 'agent-resume': JSON.stringify(error.token) } });
    expect(await again.json()).toEqual({ resumed: { at: 3 } });
  });

  it.each(['{', 'x'.repeat(9_000)])('is refused with a token that is none', async (token) => {
    const { ask } = await served(() => 1);
    const response = await ask({ headers: { 'agent-resume': token } });
    expect([response.status, await response.json()]).toEqual([
      422,
      { error: expect.objectContaining({ code: 'InvalidValue', field: 'Agent-Resume' }) },
    ]);
  });

  it('has an event with its token in the middle of events', async () => {
    const { ask } = await served(async function* (_, { handOver }) {
      yield await Promise.resolve(1);
      return handOver({ at: 2 });
    });
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toBe('data: 1\n\nevent: handedOver\ndata: {"token":{"at":2}}\n\n');
  });
});

it('one request more than may wait is answered 429, with when to try again', async () => {
  const { agent, ask } = await served(() => new Promise(() => undefined), { concurrency: 1, queue: 0 });
  const controller = new AbortController();
  const first = ask({ signal: controller.signal }).catch(() => undefined);
  while (agent.requests.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  const response = await ask();
  const { error } = (await response.json()) as { error: object };
  expect([response.status, response.headers.get('retry-after'), error]).toEqual([
    429,
    '1',
    expect.objectContaining({ code: 'TooManyRequests' }),
  ]);
  controller.abort();
  await first;
});

it.each([
  ['its value, of JSON', 'application/json; charset=utf-8', '{"a":[1]}', { a: [1] }],
  ['a text, of a text', 'Text/Markdown', '# größer', '# größer'],
  ['bytes, of anything else', 'application/x-www-form-urlencoded', 'hi', [104, 105]],
])('a body is for its agent %s', async (_, type, body, payload) => {
  const { ask } = await served((given) => (given instanceof Uint8Array ? [...given] : { given }));
  const response = await ask({ body: new TextEncoder().encode(body), headers: { 'content-type': type } });
  expect(await response.json()).toEqual(Array.isArray(payload) ? payload : { given: payload });
});

it('a body that is not what it says is refused', async () => {
  const { ask } = await served((given) => given);
  const response = await ask({ body: '{"a":1,"a":2}', headers: { 'content-type': 'application/json' } });
  expect([response.status, await response.json()]).toEqual([
    422,
    { error: expect.objectContaining({ code: 'InvalidValue', field: 'body' }) },
  ]);
});
