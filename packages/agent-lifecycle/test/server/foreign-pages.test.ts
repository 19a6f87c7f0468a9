import { describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { createAgentApp } from '../../src/server/agent-app.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';
import { answerIn, raw, served } from './served.js';

const GUARDS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
};

/** fetch sets these headers itself, so the bare client is used. */
function call(url: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number | undefined; code: string | null }>((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (data: string) => (text += data));
      response.on('end', () => {
        const isJson = response.headers['content-type']?.includes('json') === true;
        const { error } = isJson ? (JSON.parse(text) as { error?: { code: string } }) : {};
        resolve({ status: response.statusCode, code: error?.code ?? null });
      });
    })
      .on('error', reject)
      .end();
  });
}

const ROUTES = [
  ['GET', '/'],
  ['GET', '/page/main.js'],
  ['GET', '/agents'],
  ['GET', '/agents/agent'],
  ['GET', '/agents/agent/journal'],
  ['GET', '/agents/agent/events'],
  ['GET', '/events'],
  ['GET', '/health'],
  ['GET', '/metrics'],
  ['GET', '/charts/lifecycle'],
  ['GET', '/livez'],
  ['GET', '/nowhere'],
  ['POST', '/agents/agent/requests'],
  ['POST', '/agents/agent/stop'],
  ['POST', '/session'],
] as const;

describe('a page of another site', () => {
  it.each(ROUTES)('is refused %s %s', async (method, path) => {
    const { url, agent } = await served();
    const refused = { status: 403, code: 'ForeignSite' };
    expect([
      await call(url + path, { 'sec-fetch-site': 'cross-site' }, method),
      await call(url + path, { 'sec-fetch-site': 'same-site' }, method),
    ]).toEqual([refused, refused]);
    expect(agent.state).toBe('running');
  });

  it.each([
    ['of its own page', { 'sec-fetch-site': 'same-origin' }, 200],
    ['that a person has typed', { 'sec-fetch-site': 'none' }, 200],
    ['of a program', {}, 200],
    [
      'of its own page, behind a proxy that ends TLS',
      { 'sec-fetch-site': 'same-origin', origin: 'https://localhost' },
      200,
    ],
    ['of a page of another scheme', { origin: 'https://localhost:4100' }, 403],
    ['of a page of a user', { origin: 'http://a:b@localhost:4100' }, 403],
    ['of a page of another port', { origin: 'http://localhost:4101' }, 403],
    ['of no page that can be named', { origin: 'null' }, 403],
  ])('is told from a call %s: %j', async (_, headers, status) => {
    const { url } = await served();
    const answer = await call(`${url}/agents`, { host: 'localhost:4100', ...headers });
    expect(answer.status).toBe(status);
  });
});

describe('an answer', () => {
  it.each([
    ['of an agent', 'POST', '/agents/agent/requests', {}],
    ['that is a page', 'GET', '/', {}],
    ['that is a list', 'GET', '/agents', {}],
    ['of a probe', 'GET', '/readyz', {}],
    ['that nothing is there', 'GET', '/nowhere', {}],
    ['that a call is refused', 'GET', '/agents', { authorization: 'Basic x' }],
    ['that a token is demanded', 'GET', '/agents', { authorization: '' }],
    ['of events', 'HEAD', '/events', {}],
  ])('%s is for no other site', async (_, method, path, headers) => {
    const { url } = await served(new ScriptedDriver(), { token: 'secret' });
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: 'Bearer secret', ...headers },
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject(GUARDS);
  });

  it.each([
    ['what is no HTTP', 'NONSENSE\r\n\r\n', 400],
    [
      'a header that is too large',
      `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['no host', 'GET /agents HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'a user in its address',
      'GET http://a:b@localhost/agents HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['a user in its host', 'GET /agents HTTP/1.1\r\nHost: a:b@localhost\r\nConnection: close\r\n\r\n', 400],
    [
      'another host in its address',
      'GET http://evil.example/agents HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      403,
    ],
    [
      'an expectation',
      'GET /agents HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nConnection: close\r\n\r\n',
      417,
    ],
    [
      'chunk extensions that are too large',
      `POST /agents/agent/requests HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\nhi\r\n0\r\n\r\n`,
      413,
    ],
  ])('to %s is for no other site, and no failure of the server', async (_, text, status) => {
    const { port, errors } = await served();
    const answer = answerIn(await raw(port, text));
    expect([answer.status, answer.headers, JSON.parse(answer.body), errors]).toEqual([
      status,
      expect.objectContaining({ ...GUARDS, connection: 'close' }),
      { error: expect.objectContaining({ code: expect.any(String), message: expect.any(String) }) },
      [],
    ]);
  });
});

describe('a host name that is allowed', () => {
  const host = createAgentHost({ drivers: {} });
  const allow = (...allowedHosts: string[]) =>
    createAgentApp(host, { allowedHosts, closing: new AbortController().signal });

  it.each([
    'my.host:4202',
    'http://my.host',
    'user@my.host',
    'my.host/path',
    '*.my.host',
    'my host',
    '',
    '[::1]:4202',
  ])('is refused by name where no call can have it: %j', (name) => {
    expect(() => allow(name)).toThrow(
      `allowedHosts: expected the name of a host, without a scheme, a user, a port or a path, received ${JSON.stringify(name)}`,
    );
  });

  it.each([
    ['My.Host', 'my.host:80'],
    ['::1', '[::1]:4100'],
    ['[::1]', '[::1]'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['10.0.0.5', '10.0.0.5:9'],
  ])('%j lets in calls to %j', async (name, called) => {
    const answer = await allow(name).request(`http://${called}/livez`, { headers: { host: called } });
    const agents = await allow(name).request(`http://${called}/agents`, { headers: { host: called } });
    expect([answer.status, agents.status]).toEqual([200, 200]);
  });
});
