import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { chartGraph } from '../../src/drawing/chart-graph.js';
import { layoutChart } from '../../src/drawing/chart-layout.js';
import { CHART_NAMES, CHARTS } from '../../src/drawing/charts.js';
import { createAgentHost, serveAgents } from '../../../../test/built.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';

const TOKEN = 'open-sesame';
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function served({ names = ['agent'], token }: { names?: string[]; token?: string } = {}) {
  const driver = new ScriptedDriver();
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  host.deployAll(names.map((name) => ({ name, driver: 'scripted' })));
  const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0, token });
  closers.push(
    () => server.close(),
    () => host.shutdown({ force: true }),
  );
  return { host, driver, url: server.url };
}

interface Update {
  readonly changed: readonly { readonly name: string; readonly state: string }[];
  readonly removed: readonly string[];
}

/** The updates of `/events`, each asked for as a test comes to it. */
async function updatesOf(url: string) {
  const { body } = await fetch(`${url}/events`);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  closers.push(() => reader.cancel());
  let text = '';
  return async () => {
    for (;;) {
      const found = /^event: agents\ndata: (.*)\n\n/m.exec(text);
      if (found !== null) {
        text = text.slice(found.index + found[0].length);
        const { changed, removed } = JSON.parse(String(found[1])) as Update;
        return { changed: changed.map(({ name, state }) => `${name} ${state}`), removed };
      }
      const { value, done } = await reader.read();
      if (done) throw new Error('The stream has ended');
      text += decoder.decode(value, { stream: true });
    }
  };
}

describe('GET /events', () => {
  it('tells of all agents at first, then of those that have changed, and of those that were removed', async () => {
    const { host, url } = await served({ names: ['one', 'two', 'three'] });
    const next = await updatesOf(url);
    const updates = [await next()];
    await host.agent('two').load();
    updates.push(await next());
    await host.remove('three');
    for (let update = await next(); ; update = await next()) {
      updates.push(update);
      if (update.removed.length > 0) break;
    }
    expect([updates[0], updates[1], updates.at(-1)]).toEqual([
      { changed: ['one unloaded', 'two unloaded', 'three unloaded'], removed: [] },
      { changed: ['two loaded'], removed: [] },
      { changed: [], removed: ['three'] },
    ]);
  });

  it('says that the host is there when nothing changes, as no script can see a comment', async () => {
    const { url } = await served();
    const { body } = await fetch(`${url}/events`);
    let text = '';
    for await (const part of (body as ReadableStream<Uint8Array>).pipeThrough(
      new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
    )) {
      text += part;
      if (text.includes('event: alive')) break;
    }
    expect(text).toMatch(/event: agents\n.*\n\nevent: alive\ndata: null\n\n$/);
  });

  it('tells that there are none', async () => {
    const { url } = await served({ names: [] });
    expect(await (await updatesOf(url))()).toEqual({ changed: [], removed: [] });
  });
});

describe('the page', () => {
  const PATHS = ['/', '/page/style.css', '/page/main.js'];

  it('and its parts need no token, since they tell nothing', async () => {
    const { url } = await served({ token: TOKEN });
    const statuses = PATHS.map(async (path) => (await fetch(url + path)).status);
    expect(await Promise.all(statuses)).toEqual([200, 200, 200]);
  });

  it.each(PATHS)(
    'has a policy that lets nothing run, and nothing be asked, but what is of its host: %s',
    async (path) => {
      const { url } = await served();
      const { headers } = await fetch(url + path);
      expect([headers.get('content-security-policy'), headers.get('x-content-type-options')]).toEqual([
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'nosniff',
      ]);
    },
  );

  it('has no code and no style in its HTML, and nothing from elsewhere', async () => {
    expect(await readFile('packages/agent-lifecycle/src/page/index.html', 'utf8')).not.toMatch(
      /style=|onclick=|https?:/,
    );
  });

  it('serves no other file', async () => {
    const { url } = await served();
    const statuses = ['/page/main.ts', '/page/..%2fserver/sessions.js', '/package.json'].map(
      async (path) => (await fetch(url + path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 404, 404]);
  });
});

describe('GET /charts/:name', () => {
  it.each(CHART_NAMES)('has the coordinates of the %s', async (name) => {
    const { url } = await served();
    const response = await fetch(`${url}/charts/${name}`);
    expect(await response.json()).toEqual(await layoutChart(chartGraph(CHARTS[name])));
  });
});

describe('POST /session', () => {
  const status = async (url: string, init: RequestInit) => (await fetch(url, init)).status;

  it('trades the token for a cookie, which is taken in its place', async () => {
    const { url } = await served({ token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const opened = await fetch(`${url}/session`, { method: 'POST', headers });
    const cookie = String(opened.headers.get('set-cookie'));
    expect([opened.status, await status(`${url}/agents`, { headers: { cookie } })]).toEqual([204, 200]);
  });

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer guessed' }],
    ['a cookie that is not known', { cookie: 'agent_lifecycle_session=guessed' }],
  ])('is refused to a caller with %s, as all else is', async (_, headers) => {
    const { url } = await served({ token: TOKEN });
    expect([
      await status(`${url}/session`, { method: 'POST', headers }),
      await status(`${url}/agents`, { headers }),
      await status(`${url}/events`, { headers }),
      await status(`${url}/charts/lifecycle`, { headers }),
    ]).toEqual([401, 401, 401, 401]);
  });

  it('is refused to a cookie: none renews itself', async () => {
    const { url } = await served({ token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const opened = await fetch(`${url}/session`, { method: 'POST', headers });
    const cookie = String(opened.headers.get('set-cookie'));
    expect(await status(`${url}/session`, { method: 'POST', headers: { cookie } })).toBe(401);
  });

  it('is of no use to a page of another site', async () => {
    const { url } = await served({ token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const opened = await fetch(`${url}/session`, { method: 'POST', headers });
    const cookie = String(opened.headers.get('set-cookie'));
    const foreign = { cookie, origin: 'http://elsewhere.example' };
    expect(await status(`${url}/agents/agent/load`, { method: 'POST', headers: foreign })).toBe(403);
  });
});

describe('POST /agents/:name/fail', () => {
  const fail = async (url: string, body: string) => {
    const response = await fetch(`${url}/agents/agent/fail`, { method: 'POST', body });
    return { status: response.status, body: (await response.json()) as unknown };
  };

  it.each([
    ['the reason in its body', 'out of luck', 'out of luck'],
    ['a reason of its own where there is none', ' ', 'Failed by an operator'],
  ])('gives an agent up, with %s', async (_, body, failureReason) => {
    const { url } = await served();
    expect(await fail(url, body)).toMatchObject({
      status: 200,
      body: { agent: { state: 'failed', failureReason } },
    });
  });

  it('is refused for one that has ended', async () => {
    const { url } = await served();
    await fail(url, '');
    expect(await fail(url, '')).toMatchObject({
      status: 409,
      body: { error: { code: 'TerminalState' }, agent: { state: 'failed' } },
    });
  });
});
