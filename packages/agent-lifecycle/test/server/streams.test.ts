import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createAgentHost, functionDriver, type RequestCall } from 'xstate-agent-lifecycle';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createAgentApp } from '../../src/server/agent-app.js';
import { nodeHandler } from '../../src/server/node-handler.js';
import { serveAgents } from '../../src/server/serve-agents.js';
import { raw, until } from './served.js';

type Handle = (payload: unknown, call: RequestCall) => unknown;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const end of ends.splice(0)) await end();
});

const POST = 'POST /agents/agent/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\ngo';

async function hosted(handle: Handle, requests = {}) {
  const host = createAgentHost();
  ends.push(() => host.shutdown({ force: true }));
  const agent = host.deploy({ name: 'agent', driver: functionDriver(handle), requests });
  await agent.run();
  return { host, agent };
}

async function served(handle: Handle, requests = {}) {
  const { host, agent } = await hosted(handle, requests);
  const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0 });
  ends.unshift(() => server.close());
  const url = `${server.url}/agents/agent/requests`;
  const ask = (init: RequestInit = {}) => fetch(url, { method: 'POST', body: 'go', ...init });
  return { agent, ask, port: Number(new URL(url).port) };
}

/** The same on a server that is not the app's own. */
async function mounted(handle: Handle) {
  const { host, agent } = await hosted(handle);
  const listener = nodeHandler(createAgentApp(host));
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.unshift(() => new Promise((resolve) => server.close(resolve)));
  return { agent, port: (server.address() as AddressInfo).port };
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
    ['empty texts as nothing', ['', '', 'one', '', 'two', ''], 'text/plain; charset=utf-8', 'onetwo'],
    ['empty bytes as nothing', [new Uint8Array(), new Uint8Array([104])], 'application/octet-stream', 'h'],
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

  it('is an error where its first chunk cannot be sent, and its generator ends', async () => {
    const { ask, agent } = await served(chunksOf({ big: 1n }, 'more'));
    const response = await ask();
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: expect.objectContaining({ code: 'AnswerNotJson', agent: 'agent' }) },
    ]);
    await until(() => agent.requests.pending === 0);
  });

  describe.each([
    ['the server', served],
    ['another server', mounted],
  ])('on %s', (_, serve) => {
    it.each([
      ['fails later', ['one', new Error('broken')]],
      ['has a chunk that does not fit the first', ['one', { two: 2 }]],
    ])(
      'is cut without a word where it %s: what came before arrives, and no clean end',
      async (__, chunks) => {
        const printed = [
          jest.spyOn(console, 'error').mockImplementation(() => undefined),
          jest.spyOn(process.stderr, 'write').mockImplementation(() => true),
        ];
        const { agent, port } = await serve(chunksOf(...chunks));
        const answer = await raw(port, POST);
        const [head = '', ...body] = answer.split('\r\n\r\n');
        expect([
          head.split('\r\n')[0],
          head.toLowerCase().includes('transfer-encoding: chunked'),
          body,
        ]).toEqual(['HTTP/1.1 200 OK', true, ['3\r\none\r\n']]);
        await until(() => agent.requests.pending === 0);
        expect(printed.map(({ mock }) => mock.calls)).toEqual([[], []]);
      },
    );
  });

  it('is sent as it is in HTTP/1.0, which knows no chunks', async () => {
    const { port } = await served(chunksOf('one ', 'two'));
    const [head = '', body] = (await raw(port, POST.replace('HTTP/1.1', 'HTTP/1.0'))).split('\r\n\r\n');
    expect([head.toLowerCase().includes('transfer-encoding'), body]).toEqual([false, 'one two']);
  });

  it('is reset where it fails over HTTP/1.0, in which a close is a clean end', async () => {
    let fail: (error: Error) => void = () => undefined;
    const failure = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const { port } = await served(async function* () {
      yield 'one';
      yield await failure;
    });
    const socket = connect(port, '127.0.0.1');
    socket.write(POST.replace('HTTP/1.1', 'HTTP/1.0'));
    socket.on('data', (data) => {
      if (String(data).endsWith('one')) fail(new Error('broken'));
    });
    await expect(once(socket, 'close')).rejects.toMatchObject({ code: 'ECONNRESET' });
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

  it.each([
    ['an answer', () => 1n],
    [
      'progress',
      ((_, { progress }) => {
        progress(1n);
      }) satisfies Handle,
    ],
  ])('is an error where %s comes first that JSON cannot carry', async (_, handle) => {
    const { ask } = await served(handle);
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect([response.status, await response.json()]).toEqual([
      502,
      { error: expect.objectContaining({ code: 'AnswerNotJson', agent: 'agent' }) },
    ]);
  });

  it.each<[string, Handle]>([
    ['a chunk', chunksOf('one', 1n)],
    [
      'progress of a stream',
      async function* (_, { progress, signal }) {
        yield await Promise.resolve('one');
        progress(1n);
        yield signal.aborted;
      },
    ],
    [
      'the answer after progress',
      (_, { progress }) => {
        progress('one');
        return 1n;
      },
    ],
  ])('has an event for %s that JSON cannot carry, and the request ends', async (_, handle) => {
    const { ask, agent } = await served(handle);
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    const events = (await response.text()).split('\n\n');
    expect(events).toEqual([
      expect.stringMatching(/^(event: progress\n)?data: "one"$/),
      expect.stringMatching(/^event: error\ndata: {"code":"AnswerNotJson","message":".*"}$/),
      '',
    ]);
    await until(() => agent.requests.pending === 0);
  });

  it('has the bytes of progress in base64', async () => {
    const { ask } = await served((_, { progress }) => {
      progress(new Uint8Array([1, 2]));
    });
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toBe(
      'event: progress\ndata: "AQI="\n\ndata: null\n\nevent: end\ndata: \n\n',
    );
  });

  it('of one value is one event', async () => {
    const { ask } = await served(() => ({ value: 1 }));
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toBe('data: {"value":1}\n\nevent: end\ndata: \n\n');
  });

  it.each([
    ['Text/Event-Stream', 'text/event-stream'],
    ['application/json, text/event-stream;q=0.5', 'text/event-stream'],
    ['text/event-stream;q=0, */*', 'application/json'],
    ['text/event-streams', 'application/json'],
    ['*/*', 'application/json'],
  ])('with Accept: %s is %s', async (accept, type) => {
    const { ask } = await served(() => 1);
    const response = await ask({ headers: { accept } });
    await response.text();
    expect(response.headers.get('content-type')).toBe(type);
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

  it('comes back with whatever its token has, in ASCII', async () => {
    const { ask } = await served((_, { resume }) => ({ resumed: resume }));
    const again = await ask({ headers: { 'agent-resume': String.raw`"\u00e9\ud83d\ude00"` } });
    expect(await again.json()).toEqual({ resumed: 'é😀' });
  });

  const TOO_LONG =
    'It has no way over HTTP: its token takes 8198 bytes as Agent-Resume, expected at most 8192';

  it('says where its token is too long to come back, and has it not', async () => {
    const { ask } = await served((_, { handOver }) => handOver('é'.repeat(1_366)));
    const response = await ask();
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        error: {
          code: 'HandedOver',
          message: expect.stringContaining(TOO_LONG),
          agent: 'agent',
        },
      },
    ]);
  });

  it('has an error for such a token in events', async () => {
    const { ask } = await served(async function* (_, { handOver }) {
      yield await Promise.resolve(1);
      return handOver('x'.repeat(8_196));
    });
    const response = await ask({ headers: { accept: 'text/event-stream' } });
    expect((await response.text()).split('\n\n')).toEqual([
      'data: 1',
      expect.stringMatching(
        new RegExp(`^event: error\ndata: {"code":"HandedOver","message":".*${TOO_LONG}"}$`),
      ),
      '',
    ]);
  });

  it.each(['{', 'x'.repeat(9_000), '"é"'])('is refused with a token that is none', async (token) => {
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

it.each([
  ['an ArrayBuffer', () => new Uint8Array([104, 105]).buffer],
  ['a view', () => new DataView(new Uint8Array([0, 104, 105]).buffer, 1)],
])('an answer that is %s is sent as its bytes', async (_, handle) => {
  const { ask } = await served(handle);
  expect(await typeAndText(await ask())).toEqual([200, 'application/octet-stream', 'hi']);
});

it('a body that is no JSON is refused with what is wrong in it', async () => {
  const { ask } = await served((given) => given);
  const response = await ask({ body: '{"a":1,}', headers: { 'content-type': 'application/json' } });
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toMatch(/^body: expected JSON \(.*position 7.*\), received "{\\"a\\":1,}"$/);
});

it('a body that is not what it says is refused', async () => {
  const { ask } = await served((given) => given);
  const response = await ask({ body: '{"a":1,"a":2}', headers: { 'content-type': 'application/json' } });
  expect([response.status, await response.json()]).toEqual([
    422,
    { error: expect.objectContaining({ code: 'InvalidValue', field: 'body' }) },
  ]);
});
