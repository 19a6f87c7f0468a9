import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { followJournal } from '../../../src/command/operate/follow-journal.js';
import { HostClient } from '../../../src/command/operate/host-client.js';
import type { HostClientError } from '../../../src/command/operate/host-client-error.js';
import { servedHost } from './served-host.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server that is no host of agents. */
async function stranger(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error,
  );

describe('a client of a host', () => {
  it('is refused with the words of the host', async () => {
    const { server } = await servedHost();
    const error = await failureOf(new HostClient({ url: server.url }).command('agent', 'run'));
    expect((error as HostClientError).detail).toMatchObject({
      code: 'Refused',
      status: 409,
      result: { error: { code: 'AlreadyInState' }, agent: { state: 'running' } },
    });
  });

  it.each([
    ['a page', 200, '<h1>Hello</h1>'],
    ['other JSON', 200, '{"hello":"world"}'],
    ['an error of its own', 502, 'Bad Gateway'],
  ])('knows that what answers with %s is no host', async (_, status, body) => {
    const url = await stranger(status, body);
    const client = new HostClient({ url });
    const signal = new AbortController().signal;
    const errors = [
      await failureOf(client.agents()),
      await failureOf(client.journalStream('agent', { after: '0', signal })),
    ];
    expect(errors).toEqual([
      expect.objectContaining({ code: 'NotAHost', detail: { code: 'NotAHost', url, status } }),
      expect.objectContaining({ code: 'NotAHost', detail: { code: 'NotAHost', url, status } }),
    ]);
  });

  it('cannot reach a host that has gone, and says why', async () => {
    const { server } = await servedHost();
    await server.close();
    const error = await failureOf(new HostClient({ url: server.url }).agents());
    expect(error).toMatchObject({ code: 'Unreachable', cause: { cause: { code: 'ECONNREFUSED' } } });
  });
});

describe('a journal that is followed', () => {
  it('goes on where its stream broke', async () => {
    const { server, serve, agent } = await servedHost();
    const breaks: string[] = [];
    const entries = followJournal(new HostClient({ url: server.url }), 'agent', {
      after: 9,
      signal: new AbortController().signal,
      onBreak: ({ code }) => breaks.push(code),
      reconnectDelay: 1,
    });
    const first = await entries.next();
    await server.close();
    agent.cordon();
    await serve(Number(new URL(server.url).port));
    const second = await entries.next();
    await entries.return(undefined);
    expect([first.value, second.value, breaks]).toEqual([
      ...agent.journal.entries.slice(-2),
      ['Unreachable'],
    ]);
  });

  it('ends with a refusal', async () => {
    const { server } = await servedHost();
    const { signal } = new AbortController();
    const entries = followJournal(new HostClient({ url: server.url }), 'nobody', {
      after: 0,
      signal,
      onBreak: () => undefined,
    });
    expect(await failureOf(entries.next())).toMatchObject({ code: 'Refused' });
  });
});
