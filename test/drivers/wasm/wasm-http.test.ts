import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { wasmDriver } from '../../../src/drivers/wasm/index.js';
import { driven, DriverCall, outOfTime } from '../driven.js';
import { ASKS_HEADERS, ASKS_STATUS, POSTS_HTTP, REQUESTS_OR_RECALLS } from './plugins.js';
import { running, textOf } from './wasm-host.js';

/** Answers what comes as a list of its parts, but for what the paths name. */
let server: Server;
let port = 0;
let other: Server;
let otherPort = 0;
const reached: string[] = [];

beforeAll(async () => {
  server = await listening((request, response) => {
    answer(request, response);
  });
  other = await listening((request, response) => {
    reached.push(request.headers.host ?? '');
    response.end(JSON.stringify([request.method, request.headers.authorization ?? null]));
  });
  port = (server.address() as AddressInfo).port;
  otherPort = (other.address() as AddressInfo).port;
});

afterEach(() => {
  reached.length = 0;
});

afterAll(() => {
  for (const each of [server, other]) {
    each.closeAllConnections();
    each.close();
  }
});

async function listening(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const created = createServer(listener);
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return created;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://server');
  const redirect = (status: number, location: string) =>
    response.writeHead(status, { location }).end('moved');
  switch (pathname) {
    case '/to-localhost':
      return void redirect(302, `http://localhost:${otherPort}/`);
    case '/to-other-port':
      return void redirect(307, `http://127.0.0.1:${otherPort}/`);
    case '/to-credentials':
      return void redirect(302, `http://user:secret@127.0.0.1:${otherPort}/`);
    case '/to-file':
      return void redirect(302, 'file:///etc/passwd');
    case '/to-nowhere':
      return void redirect(302, 'http://[');
    case '/round':
      return void redirect(302, '/round');
    case '/see-other':
      return void redirect(303, '/');
    case '/again':
      return void redirect(308, '/');
    case '/large':
      return void response.end('x'.repeat(200_000));
    case '/packed':
      return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'));
    case '/bomb':
      return void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync('x'.repeat(10_000_000)));
    case '/created':
      return void response.writeHead(201, { 'x-made': ['a', 'b'], 'set-cookie': 'c=1' }).end();
    case '/broken':
      response.writeHead(200, { 'content-length': '10' }).write('half');
      return void setImmediate(() => response.destroy());
    default: {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => response.end(JSON.stringify([request.method, pathname, body.length])));
    }
  }
}

const to = (pathname: string, rest: object = {}) =>
  JSON.stringify({ url: `http://127.0.0.1:${port}${pathname}`, ...rest });
const network = { module: REQUESTS_OR_RECALLS, allowedHosts: ['127.0.0.1'] };

describe('a plugin with allowedHosts', () => {
  it('reaches them', async () => {
    const agent = await running(network);
    expect(await textOf(agent.request(to('/a')))).toBe('["GET","/a",0]');
  });

  it.each([['localhost', '127.0.0.1:80'], ['example.com'], ['*.0.0.1.example.com']])(
    'reaches no others: %j',
    async (...allowedHosts) => {
      const agent = await running({ module: REQUESTS_OR_RECALLS, allowedHosts });
      await expect(agent.request(to('/a'))).rejects.toThrow(
        `HTTP request to http://127.0.0.1:${port}/a is not allowed: no allowedHosts match "127.0.0.1:${port}"`,
      );
    },
  );

  it('reaches a name of this machine that is allowed', async () => {
    const agent = await running({ module: REQUESTS_OR_RECALLS, allowedHosts: ['localhost'] });
    expect(await textOf(agent.request(JSON.stringify({ url: `http://localhost:${otherPort}/` })))).toBe(
      '["GET",null]',
    );
  });

  it('may be held to one port', async () => {
    const agent = await running({ module: REQUESTS_OR_RECALLS, allowedHosts: [`127.0.0.1:${port}`] });
    expect(await textOf(agent.request(to('/a')))).toBe('["GET","/a",0]');
    await expect(agent.request(to('/to-other-port'))).rejects.toThrow('is not allowed');
    expect(reached).toEqual([]);
  });

  it.each([
    ['a host that is not allowed', '/to-localhost', 'is not allowed: no allowedHosts match "localhost'],
    ['a URL with credentials', '/to-credentials', 'is not allowed: it has credentials'],
    ['another scheme', '/to-file', 'is not allowed: its scheme is file:'],
    ['no URL', '/to-nowhere', 'redirects to "http://[", which is no URL'],
    ['itself for ever', '/round', 'was redirected more than 20 times'],
  ])('is not led by a redirect to %s', async (_, pathname, reason) => {
    const agent = await running(network);
    await expect(agent.request(to(pathname))).rejects.toThrow(reason);
    expect(reached).toEqual([]);
  });

  it('follows a redirect without what is meant for the first origin alone', async () => {
    const agent = await running(network);
    const request = to('/to-other-port', { method: 'PUT', headers: { Authorization: 'Bearer 1' } });
    expect(await textOf(agent.request(request))).toBe('["PUT",null]');
  });

  it('follows redirects with the method that they are for', async () => {
    const agent = await running({ ...network, module: POSTS_HTTP });
    const post = (pathname: string) => to(pathname, { method: 'POST' });
    expect([
      await textOf(agent.request(post('/'))),
      await textOf(agent.request(post('/see-other'))),
      await textOf(agent.request(post('/again'))),
    ]).toEqual([
      `["POST","/",${post('/').length}]`,
      '["GET","/",0]',
      `["POST","/",${post('/again').length}]`,
    ]);
  });

  it.each([
    [
      'a header of the transport',
      { headers: { 'Transfer-Encoding': 'chunked' } },
      'HTTP header Transfer-Encoding is not allowed',
    ],
    [
      'another host than that of its URL',
      { headers: { host: 'example.com' } },
      'HTTP header host is not allowed',
    ],
    ['a tunnel', { method: 'connect' }, 'HTTP method CONNECT is not allowed'],
  ])('cannot ask for %s', async (_, rest, reason) => {
    const agent = await running(network);
    await expect(agent.request(to('/', rest))).rejects.toThrow(reason);
  });

  it.each([
    [
      'refused',
      'http://127.0.0.1:9/',
      'The plugin failed: fetch failed: http://127.0.0.1:9/: connect ECONNREFUSED 127.0.0.1:9',
    ],
    [
      'not allowed',
      'http://localhost:9/',
      'The plugin failed: HTTP request to http://localhost:9/ is not allowed',
    ],
    ['no URL', 'not a url', 'The plugin failed: HTTP request to "not a url" failed: it is not a URL'],
  ])('keeps its instance, and is told why, when a request is %s', async (_, url, reason) => {
    const agent = await running(network);
    const request = JSON.stringify({ url });
    await expect(agent.request(request)).rejects.toThrow(reason);
    expect([await textOf(agent.request('recall')), agent.state]).toEqual([request, 'running']);
  });

  it('is told of an answer that breaks off', async () => {
    const agent = await running(network);
    await expect(agent.request(to('/broken'))).rejects.toThrow('/broken: aborted');
  });

  it('takes no more of an answer than it may exchange in a call', async () => {
    const agent = await running({ ...network, maxMemory: 131_072 });
    await expect(agent.request(to('/large'))).rejects.toThrow(/the answer has more than 1\d{5} bytes/);
    await expect(agent.request(to('/bomb'))).rejects.toThrow(/the answer has more than 1\d{5} bytes/);
    expect(await textOf(agent.request(to('/packed')))).toBe('unpacked');
  });

  it('is told the status and the headers', async () => {
    const status = await running({ ...network, module: ASKS_STATUS });
    expect(await status.request(to('/created'))).toEqual(Uint8Array.of(1));
    const headers = await running({ ...network, module: ASKS_HEADERS });
    expect(JSON.parse(await textOf(headers.request(to('/created'))))).toMatchObject({
      'x-made': 'a, b',
      'set-cookie': 'c=1',
    });
  });

  it('has what it exchanges bounded like any other', async () => {
    const agent = await running({ ...network, maxVarBytes: 300 });
    await expect(agent.request(to('/', { headers: { long: 'x'.repeat(100) } }))).rejects.toThrow(
      'variables hold more than 300 bytes',
    );
  });

  it('is cut while it waits for an answer', async () => {
    let onAsked = () => undefined as unknown;
    const asked = new Promise<void>((resolve) => (onAsked = resolve));
    const silent = await listening(() => onAsked());
    const { driver } = await driven(wasmDriver(), network);
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const call = new DriverCall();
    const request = driver.handle(JSON.stringify({ url }), call);
    await asked;
    const reason = outOfTime();
    call.abort(reason);
    await expect(request).rejects.toBe(reason);
    const next = driver.handle(to('/a'), new DriverCall()) as Promise<unknown>;
    expect(await textOf(next)).toBe('["GET","/a",0]');
    silent.closeAllConnections();
    silent.close();
  });
});

describe('a plugin without allowedHosts', () => {
  it('is told that it may speak with none', async () => {
    const agent = await running({ module: REQUESTS_OR_RECALLS });
    await expect(agent.request(to('/a'))).rejects.toThrow(
      `HTTP request to http://127.0.0.1:${port}/a is not allowed: there are no allowedHosts`,
    );
  });
});
