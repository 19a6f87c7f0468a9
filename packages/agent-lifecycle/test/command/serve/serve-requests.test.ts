import { afterEach, describe, expect, it } from '@jest/globals';
import { serveRequests } from '../../../src/command/serve/serve-requests.js';
import { answerIn, raw } from '../../server/served.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function served({ token, isLeaving = false }: { token?: string; isLeaving?: boolean } = {}) {
  const errors: unknown[] = [];
  const hosted = {
    agents: ['agent'],
    isServing: () => true,
    request: (_: string, body: unknown) => Promise.resolve(body === 'big' ? { id: 10n } : { ok: true }),
  };
  const requests = await serveRequests(() => hosted, {
    port: 0,
    token,
    isLeaving: () => isLeaving,
    onError: (error) => errors.push(error),
  });
  closers.push(() => requests.close());
  const port = Number(new URL(requests.url).port);
  const ask = async (lines: string) =>
    answerIn(await raw(port, `${lines}\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
  return { ask, port, errors, url: requests.url };
}

describe('the requests of a host of Restate', () => {
  it.each([
    ['of a program', 'GET /agents HTTP/1.1', 200],
    ['of a page of another site', 'GET /agents HTTP/1.1\r\nSec-Fetch-Site: cross-site', 403],
    ['of a page of another origin', 'GET /agents HTTP/1.1\r\nOrigin: https://localhost', 403],
    ['with a user', 'GET http://a:b@localhost/agents HTTP/1.1', 400],
    ['that are no HTTP', 'NONSENSE', 400],
    ['for nothing', 'GET /nowhere HTTP/1.1', 404],
  ])('%s are answered for no other site', async (_, lines, status) => {
    const { ask, errors } = await served();
    const answer = await ask(lines);
    expect([answer.status, answer.headers, errors]).toEqual([
      status,
      expect.objectContaining({ 'cross-origin-resource-policy': 'same-origin', 'x-frame-options': 'DENY' }),
      [],
    ]);
  });

  it.each([
    ['GET', '/agents'],
    ['POST', '/agents/agent/requests'],
    ['GET', '/nowhere'],
  ])('demand the token of each route: %s %s', async (method, path) => {
    const { url } = await served({ token: 'secret' });
    expect((await fetch(url + path, { method })).status).toBe(401);
  });

  it('that an agent answers with what is no JSON are its fault', async () => {
    const { url, errors } = await served();
    const response = await fetch(`${url}/agents/agent/requests`, { method: 'POST', body: 'big' });
    expect([response.status, await response.json(), errors]).toEqual([
      502,
      { error: expect.objectContaining({ code: 'AnswerNotJson', agent: 'agent' }) },
      [],
    ]);
  });

  it('have their clients use no connection again, once the host is about to end', async () => {
    const { port } = await served({ isLeaving: true });
    const answer = answerIn(await raw(port, 'GET /agents HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    expect(answer.headers['connection']).toBe('close');
  });
});
