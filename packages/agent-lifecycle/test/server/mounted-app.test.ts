import { afterEach, describe, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createAgentApp, createAgentHost, nodeHandler, serveAgents } from '../../../../test/built.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';

const TOKEN = 'open-sesame';
const PREFIX = '/agents-admin';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function runningHost() {
  const driver = new ScriptedDriver();
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  closers.push(() => host.shutdown({ force: true }));
  await host.deploy({ name: 'agent', driver: 'scripted' }).run();
  return host;
}

type Handle = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

type Options = NonNullable<Parameters<typeof createAgentApp>[1]>;

async function mounted(options: Options = {}) {
  const app = createAgentApp(await runningHost(), options);
  const parent = new Hono().get('/', (c) => c.text("the parent's"));
  parent.route(PREFIX, app);
  parent.notFound((c) => c.text("not the parent's", 404));
  return parent;
}

async function listening(handle: Handle): Promise<{ url: string; port: number }> {
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** As Express does: the prefix is off the path, and kept beside it. */
function underPrefix(handle: Handle): Handle {
  return (incoming, outgoing) => {
    const { url = '/' } = incoming;
    if (!new RegExp(`^${PREFIX}(?=[/?]|$)`).test(url)) {
      outgoing.writeHead(404).end("not the parent's");
      return;
    }
    Object.assign(incoming, { originalUrl: url, baseUrl: PREFIX });
    incoming.url = url.slice(PREFIX.length).replace(/^(?!\/)/, '/');
    handle(incoming, outgoing);
  };
}

const PATHS = [
  '/livez',
  '/healthz',
  '/readyz',
  '/startupz',
  '/health',
  '/metrics',
  '/agents',
  '/agents/agent',
  '/agents/agent/journal',
  '/charts/lifecycle',
  '/charts/supervisor',
];

/** Each way to have the app under the prefix, as a way to ask it. */
const MOUNTS: Record<
  string,
  (options?: Options) => Promise<(path: string, init?: RequestInit) => Promise<Response>>
> = {
  'in a Hono app': async (options) => {
    const parent = await mounted(options);
    return async (path, init) => parent.request(path, init);
  },
  'in a Hono app that node:http serves': async (options) => {
    const { url } = await listening(nodeHandler(await mounted(options)));
    return (path, init) => fetch(url + path, { redirect: 'manual', ...init });
  },
  'as a handler of a server that takes off the prefix': async (options) => {
    const handle = nodeHandler(createAgentApp(await runningHost(), options));
    const { url } = await listening(underPrefix(handle));
    return (path, init) => fetch(url + path, { redirect: 'manual', ...init });
  },
};

describe.each(Object.entries(MOUNTS))('the app, %s', (_, mount) => {
  it('answers under the prefix, and nowhere else', async () => {
    const ask = await mount();
    const statuses = PATHS.map(async (path) => [path, (await ask(PREFIX + path)).status]);
    expect(await Promise.all(statuses)).toEqual(PATHS.map((path) => [path, 200]));
    expect((await ask('/agents')).status).toBe(404);
    expect((await ask(`${PREFIX}-not/agents`)).status).toBe(404);
  });

  it('has its page there, to which the path without a final slash leads', async () => {
    const ask = await mount();
    const bare = await ask(`${PREFIX}?from=a-link`);
    const location = new URL(bare.headers.get('location') ?? '', `http://localhost${PREFIX}`);
    expect([bare.status, location.pathname]).toEqual([302, `${PREFIX}/`]);
    const page = await ask(`${PREFIX}/`);
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)]
      .map(([, link]) => String(link))
      .filter((link) => !link.startsWith('data:'));
    expect(links).toEqual(['page/style.css', 'page/main.js']);
    for (const link of links) {
      const { pathname } = new URL(link, `http://localhost${PREFIX}/`);
      expect([pathname, (await ask(pathname)).status]).toEqual([`${PREFIX}/${link}`, 200]);
    }
  });

  it('carries out commands and requests', async () => {
    const ask = await mount();
    const answer = await ask(`${PREFIX}/agents/agent/requests`, { method: 'POST', body: 'hello' });
    const drained = await ask(`${PREFIX}/agents/agent/drain`, { method: 'POST' });
    const { agent } = (await drained.json()) as { agent: { state: string } };
    expect([answer.status, drained.status, agent.state]).toEqual([200, 200, 'stopped']);
  });

  it.each(['/events', '/agents/agent/events', '/agents/agent/journal/events'])('streams %s', async (path) => {
    const ask = await mount();
    const { status, headers, body } = await ask(PREFIX + path);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    expect([status, headers.get('content-type'), new TextDecoder().decode(value)]).toEqual([
      200,
      'text/event-stream',
      expect.stringMatching(/^: /),
    ]);
  });

  it('demands the token but for probes and the page, and gives a cookie that is of the prefix', async () => {
    const ask = await mount({ token: TOKEN });
    const statusOf = async (path: string, init?: RequestInit) => (await ask(PREFIX + path, init)).status;
    const open = ['/livez', '/healthz', '/startupz', '/', '/page/main.js', '/page/style.css'];
    expect(await Promise.all(open.map((path) => statusOf(path)))).toEqual(open.map(() => 200));
    expect([await statusOf('/agents'), await statusOf('/session', { method: 'POST' })]).toEqual([401, 401]);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const opened = await ask(`${PREFIX}/session`, { method: 'POST', headers });
    const cookie = String(opened.headers.get('set-cookie'));
    expect(cookie).toContain(`; Path=${PREFIX};`);
    expect([
      await statusOf('/agents', { headers: { cookie } }),
      // A session does not renew itself.
      await statusOf('/session', { method: 'POST', headers: { cookie } }),
    ]).toEqual([200, 401]);
  });

  it('leaves the names of hosts to what is around it, where it is given none', async () => {
    const ask = await mount();
    expect((await ask(`${PREFIX}/agents`, { headers: { 'x-forwarded-host': 'my.host' } })).status).toBe(200);
  });

  it('takes no request from pages of other sites', async () => {
    const ask = await mount();
    const headers = { origin: 'http://foreign.example' };
    expect((await ask(`${PREFIX}/agents`, { headers })).status).toBe(403);
  });
});

describe('the name of a host', () => {
  it('is that of the URL where no header has it', async () => {
    const parent = await mounted({ allowedHosts: ['my.host'] });
    expect((await parent.request(`http://my.host${PREFIX}/agents`)).status).toBe(200);
    expect((await parent.request(`http://other.host${PREFIX}/agents`)).status).toBe(403);
    expect((await parent.request(`http://other.host${PREFIX}/livez`)).status).toBe(200);
  });

  it('may be any without allowedHosts', async () => {
    const { port } = await listening(nodeHandler(createAgentApp(await runningHost())));
    const status = await new Promise((resolve, reject) => {
      const options = { port, path: '/agents', headers: { host: 'any.example:80' } };
      request(options, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it('is not demanded of HTTP/1.0, which has no such header', async () => {
    const { port } = await listening(nodeHandler(createAgentApp(await runningHost())));
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.0\r\n\r\n'));
      socket.setEncoding('utf8').on('data', (data: string) => (text += data));
      socket.on('close', () => {
        resolve(text);
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

it('the app ends its event streams when it is told to', async () => {
  const closing = new AbortController();
  const parent = await mounted({ closing: closing.signal });
  const { body } = await parent.request(`${PREFIX}/events`);
  closing.abort();
  expect(await new Response(body).text()).toMatch(/^: agents\n/);
});

it('the handler leaves the globals of its server alone', async () => {
  const before = [globalThis.Request, globalThis.Response];
  const { url } = await listening(nodeHandler(createAgentApp(await runningHost())));
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect([globalThis.Request, globalThis.Response]).toEqual(before);
});

it('tells of an error that the app has not answered', async () => {
  const errors: unknown[] = [];
  const app = { fetch: () => Promise.reject(new Error('lost')) };
  const { url } = await listening(nodeHandler(app, { onError: (error) => errors.push(error) }));
  const answer = await fetch(url);
  expect([answer.status, await answer.json(), errors]).toEqual([
    500,
    { error: { code: 'InternalError', message: 'The server failed' } },
    [new Error('lost')],
  ]);
});

describe('what is no host, no app or no option is refused by its name', () => {
  const host = createAgentHost({ drivers: {} });
  const app = createAgentApp(host);
  const loopback = { hostname: '127.0.0.1', port: 0 };
  const odd = { tokn: TOKEN } as never;

  it.each<[string, () => unknown, string]>([
    ['createAgentApp without a host', () => createAgentApp(undefined as never), 'host'],
    ['createAgentApp of something else', () => createAgentApp({} as never), 'host'],
    ['createAgentApp with a misspelt token', () => createAgentApp(host, odd), 'tokn'],
    ['createAgentApp with null', () => createAgentApp(host, null as never), 'AgentAppOptions'],
    ['serveAgents without a host', () => serveAgents(undefined as never, loopback), 'host'],
    ['serveAgents without options', () => serveAgents(host, undefined as never), 'ServeOptions'],
    ['serveAgents without a host name', () => serveAgents(host, { port: 0 } as never), 'hostname'],
    [
      'serveAgents with a misspelt token',
      () => serveAgents(host, { ...loopback, ...(odd as object) }),
      'tokn',
    ],
    ['nodeHandler of a host', () => nodeHandler(host as never), 'app'],
    ['nodeHandler with a misspelt option', () => nodeHandler(app, odd), 'tokn'],
  ])('%s', async (_, call, field) => {
    await expect(Promise.resolve().then(call)).rejects.toMatchObject({ code: 'InvalidValue', field });
  });
});
