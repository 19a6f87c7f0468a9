import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { command, start, type Started } from './started.js';

const npmStart = () => start('npm', ['start', '--', '--port', '0']);
const inTerminal = () => start('script', ['-qefc', 'exec npm start -- --port 0', '/dev/null']);

/** A request that spins for some time, once it is pending. */
async function slowRequest(url: string, milliseconds: number): Promise<{ answer: Promise<Response> }> {
  const body = `${milliseconds} and back`;
  const answer = fetch(`${url}/agents/slow-echo/requests`, { method: 'POST', body });
  for (;;) {
    const view = (await (await fetch(`${url}/agents/slow-echo`)).json()) as { pendingRequests: number };
    if (view.pendingRequests === 1) return { answer };
  }
}

const CTRL_C: [string, () => Started, (host: Started) => void] = [
  'Ctrl-C in a terminal',
  inTerminal,
  (host) => {
    host.type('\u0003');
  },
];

describe('npm start', () => {
  it('hosts the example agents', async () => {
    const host = npmStart();
    const url = await host.url();
    const answers = await Promise.all(
      [
        ['word-count', 'hello big world'],
        ['word-count', ''],
        ['slow-echo', '1 größer ✓'],
      ].map(([name, body]) =>
        fetch(`${url}/agents/${String(name)}/requests`, { method: 'POST', body: String(body) }),
      ),
    );
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['3', '0', '1 größer ✓']);
  });

  it('answers a request that the plugin fails with 502, and the next as ever', async () => {
    const url = await npmStart().url();
    const cut = await fetch(`${url}/agents/slow-echo/requests`, { method: 'POST', body: 'no number' });
    expect([cut.status, await cut.json()]).toEqual([
      502,
      { error: expect.objectContaining({ code: 'RequestFailed' }) as unknown },
    ]);
    const answer = await fetch(`${url}/agents/slow-echo/requests`, { method: 'POST', body: '0' });
    expect(await answer.text()).toBe('0');
  });

  const hasTerminal = spawnSync('script', ['--version']).status === 0;
  if (!hasTerminal) it.skip('Ctrl-C in a terminal: the program script is not there', () => undefined);

  it.each<[string, () => Started, (host: Started) => void]>([
    [
      'SIGTERM to npm',
      npmStart,
      (host) => {
        host.signal('SIGTERM');
      },
    ],
    ...(hasTerminal ? [CTRL_C] : []),
  ])('told to end by %s, lets a request in flight finish and answer', async (_, begin, end) => {
    const host = begin();
    const url = await host.url();
    const { answer } = await slowRequest(url, 4_000);
    end(host);
    await host.has(/slow-echo +running → draining, 1 request pending/);
    expect([
      await statusOf(`${url}/readyz`),
      await statusOf(`${url}/agents/word-count/requests`, 'late'),
    ]).toEqual([503, 503]);
    expect(await (await answer).text()).toBe('4000 and back');
    await host.has(/word-count: stopped[^]*slow-echo: stopped/);
    expect(await host.exited).toBe(0);
  });

  it('told a second time, forces', async () => {
    const host = npmStart();
    const url = await host.url();
    const { answer } = await slowRequest(url, 50_000);
    host.signal('SIGTERM');
    await host.has(/SIGTERM: accepting no more, draining/);
    // Signals within 500 ms of the one before are the same signal: that is what is told apart here.
    await new Promise((resolve) => setTimeout(resolve, 600));
    host.signal('SIGTERM');
    expect((await answer).status).toBe(503);
    await host.has(/SIGTERM: stopping without waiting for requests/);
    await host.has(/slow-echo: stopped, forced/);
    expect(await host.exited).toBe(1);
  });
});

describe('the storyteller of npm start', () => {
  it('tells on across the swap of the README, whole and in order', async () => {
    const { host, url } = await withStoryteller();
    const { body } = await tell(url, { body: '200' });
    const words = (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let told = String((await words.read()).value);
    const [[args = '']] = await inReadme(/^npx agent-lifecycle (swap .*)$/gm);
    let isSwapped = false;
    const swap = command([...args.split(' '), '--url', url]).exited.finally(() => (isSwapped = true));
    for (let after = 0; after < 3; after += Number(isSwapped)) told += String((await words.read()).value);
    await words.cancel();
    expect([await swap, told]).toEqual([0, await story(told.split(' ').length)]);
    await host.has(/storyteller +generation 2 has taken over from 1/);
  });

  it('tells what the README says that it does', async () => {
    const { url } = await withStoryteller();
    const calls = await inReadme(/^npx agent-lifecycle (request .*)\n# → (.*)$/gm);
    for (const [args = '', answer] of calls) {
      const request = command([...args.split(' '), '--url', url]);
      expect([await request.exited, request.output]).toEqual([0, answer]);
    }
  });

  it('hands its story over at SIGTERM, and a new host tells the rest', async () => {
    const { host, url } = await withStoryteller();
    const response = await tell(url, { body: '200', headers: { accept: 'text/event-stream' } });
    host.signal('SIGTERM');
    const events = await response.text();
    expect(await host.exited).toBe(0);
    const chunks = [...events.matchAll(/^data: (".*")$/gm)].map(
      ([, chunk]) => JSON.parse(String(chunk)) as string,
    );
    const token = JSON.stringify({ at: chunks.length });
    expect(events).toMatch(new RegExp(`\n\nevent: handedOver\ndata: {"token":${token}}\n\n$`));
    const next = await withStoryteller();
    const words = chunks.length + 2;
    const rest = await tell(next.url, { body: String(words), headers: { 'agent-resume': token } });
    expect(`${chunks.join('')}${await rest.text()}`).toBe(await story(words));
  });
});

describe('agent-lifecycle', () => {
  it.each([
    ['no config', ['run'], {}, /missing required argument 'config'/],
    ['a config that is not there', ['run', 'none.json'], {}, /none\.json\n {2}cannot be read: ENOENT/],
    ['a bad port', ['run', 'examples/agents.json', '--port', '70000'], {}, /Expected a port from 0 to 65535/],
    [
      'an address that others reach, without a token',
      ['run', 'examples/agents.json', '--host', '0.0.0.0'],
      {},
      /set AGENT_LIFECYCLE_TOKEN/,
    ],
  ])('exits with 2 for %s', async (_, args, env, message) => {
    const process = command(args, env);
    expect([await process.exited, process.output]).toEqual([2, expect.stringMatching(message)]);
  });

  it('refuses a token that no caller could present', async () => {
    const process = command(['run', 'examples/agents.json'], { AGENT_LIFECYCLE_TOKEN: 'my secret!' });
    expect([await process.exited, process.output]).toEqual([
      2,
      expect.stringMatching(/is not a bearer token/),
    ]);
  });

  it('goes on when nobody reads its output any more', async () => {
    const host = start('sh', [
      '-c',
      'node packages/agent-lifecycle/bin.js run examples/agents.json --port 0 & echo $!; wait $!; exit $?',
    ]);
    await host.url();
    host.stopReading();
    const [, pid] = await host.has(/^(\d+)$/m);
    process.kill(Number(pid), 'SIGTERM');
    expect(await host.exited).toBe(0);
  });

  it('demands the token where others reach it', async () => {
    const host = command(['run', 'examples/agents.json', '--host', '0.0.0.0', '--port', '0'], {
      AGENT_LIFECYCLE_TOKEN: 'secret',
    });
    const url = (await host.url()).replace('0.0.0.0', '127.0.0.1');
    const statuses = [{}, { authorization: 'Bearer secret' }].map(
      async (headers) => (await fetch(`${url}/agents`, { headers })).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 200]);
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    const process = command(['--version']);
    expect([await process.exited, process.output]).toEqual([0, `${version}\n`]);
  });
});

async function withStoryteller() {
  const host = npmStart();
  const url = await host.url();
  await host.has(/storyteller +ready → running/);
  return { host, url };
}

function tell(url: string, init: RequestInit): Promise<Response> {
  return fetch(`${url}/agents/storyteller/requests`, { method: 'POST', ...init });
}

/** The beginning of its story. */
async function story(words: number): Promise<string> {
  const { STORY } = (await import(path.resolve('examples/agents/storyteller.js'))) as { STORY: string[] };
  return Array.from({ length: words }, (_, at) => STORY[at % STORY.length]).join(' ');
}

/** The groups of each place. */
async function inReadme(pattern: RegExp): Promise<[string[], ...string[][]]> {
  const found = [...(await readFile('README.md', 'utf8')).matchAll(pattern)].map(([, ...groups]) => groups);
  expect(found.length).toBeGreaterThan(0);
  return found as [string[], ...string[][]];
}

/** On a connection of its own: a host that drains closes those that idle. */
function statusOf(url: string, body?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end(body);
  });
}
