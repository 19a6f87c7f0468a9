import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { HandedOver } from 'xstate-agent-lifecycle';
import { turn } from '../../../../../test/host/host-rig.js';
import { servedHost } from './served-host.js';
import { command } from '../started.js';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'operating-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The command that was built, told by its environment where the host is. */
async function lifecycle(url: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['packages/agent-lifecycle/bin.js', ...args], {
    env: { ...process.env, NODE_OPTIONS: '', AGENT_LIFECYCLE_URL: url, ...env },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

async function configOf(agent: object): Promise<string> {
  const file = path.join(folder, 'agents.json');
  await writeFile(file, JSON.stringify({ agents: [agent] }));
  return file;
}

const NEXT = { name: 'agent', driver: 'wasm', versionNumber: 2, options: { module: 'next.wasm' } };
const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');
const HEAD = 'NAME   STATE    HEALTH   V/GEN  PENDING  REASON';

describe('agent-lifecycle status', () => {
  it('shows the agents of a host', async () => {
    const { server } = await servedHost();
    expect(await lifecycle(server.url, ['status'])).toEqual({
      code: 0,
      stdout: lines(HEAD, 'agent  running  healthy  1/1    0'),
      stderr: '',
    });
  });

  it('shows one of them, and why it is not healthy', async () => {
    const { server, agent } = await servedHost();
    await agent.fail('out of\u001b[2J luck');
    expect(await lifecycle(server.url, ['status', 'agent'])).toEqual({
      code: 0,
      stdout: lines(
        'NAME   STATE   HEALTH     V/GEN  PENDING  REASON',
        'agent  failed  unhealthy  1/1    0        out of\\u001b[2J luck',
      ),
      stderr: '',
    });
  });

  it('prints what the host answers as JSON', async () => {
    const { server } = await servedHost();
    const { code, stdout } = await lifecycle(server.url, ['status', '--json']);
    const answer = await fetch(`${server.url}/agents`);
    expect([code, JSON.parse(stdout)]).toEqual([0, await answer.json()]);
  });

  it('is as wide as it may be, however long a name is, and shows one agent in full', async () => {
    const { server, host } = await servedHost();
    const name = `${'very-'.repeat(30)}long`;
    host.deploy({ name, driver: 'wasm', dependsOn: ['agent'] });
    await host.agent('agent').fail('no such model: '.repeat(10));
    const [all, one] = await Promise.all([
      lifecycle(server.url, ['status'], { COLUMNS: '100' }),
      lifecycle(server.url, ['status', name], { COLUMNS: '100' }),
    ]);
    const widths = all.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.length);
    expect([widths.length, Math.max(...widths)]).toEqual([3, 100]);
    expect(one.stdout).toMatch(
      new RegExp(`^NAME .*\n${name}  unloaded  unknown  1/1    0        waits for agent\n$`),
    );
  });

  it('presents the token of its environment, and says where it is missing', async () => {
    const { server } = await servedHost({ token: 'secret' });
    const ends = [{}, { AGENT_LIFECYCLE_TOKEN: 'secret' }].map(async (env) => {
      const { code, stderr } = await lifecycle(server.url, ['status'], env);
      return [code, stderr];
    });
    expect(await Promise.all(ends)).toEqual([
      [
        1,
        lines(
          'The host refuses: A valid bearer token is required (Unauthorized)',
          'Set AGENT_LIFECYCLE_TOKEN to the token of this host',
        ),
      ],
      [0, ''],
    ]);
  });
});

describe('a command to an agent', () => {
  it('drains it, and tells what became of its requests', async () => {
    const { server } = await servedHost();
    const { code, stdout } = await lifecycle(server.url, ['drain', 'agent']);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /\nagent +stopped +unknown .*\n\nDrained in \d+ ms: 0 completed, 0 aborted, 0 abandoned\n$/,
      ),
    ]);
  });

  it('drains it, and tells how many requests were handed over', async () => {
    const { server, agent, driver } = await servedHost();
    driver.hold('handle');
    const request = agent.request('go').catch((error: unknown) => (error as { code: string }).code);
    while (driver.count('handle') === 0) await turn();
    const drain = lifecycle(server.url, ['drain', 'agent']);
    while (agent.state !== 'draining') await turn();
    driver.last('handle').resolve(new HandedOver({ at: 3 }));
    const { stdout } = await drain;
    expect([await request, stdout]).toEqual([
      'HandedOver',
      expect.stringMatching(/\nDrained in \d+ ms: 0 completed, 1 handed over, 0 aborted, 0 abandoned\n$/),
    ]);
  });

  it('stops it, and starts it anew', async () => {
    const { server, agent } = await servedHost();
    await lifecycle(server.url, ['stop', 'agent']);
    expect(agent.state).toBe('stopped');
    expect(await lifecycle(server.url, ['start', 'agent'])).toMatchObject({
      code: 0,
      stdout: lines(HEAD, 'agent  running  healthy  1/2    0'),
    });
  });

  it('shows how it goes while it takes its time, and people only', async () => {
    const { server, agent, driver } = await servedHost();
    driver.hold('handle');
    const request = agent.request('held');
    const drain = command(['drain', 'agent', '--url', server.url]);
    await drain.has(/^draining: 1 left, \d:\d\d$/m);
    driver.last('handle').resolve();
    await Promise.all([request, drain.exited]);
    expect(drain.output).toMatch(/Drained in \d+ ms/);
  });

  it('cordons and uncordons it', async () => {
    const { server, agent } = await servedHost();
    await lifecycle(server.url, ['cordon', 'agent']);
    expect(agent.isCordoned).toBe(true);
    await lifecycle(server.url, ['uncordon', 'agent']);
    expect(agent.isCordoned).toBe(false);
  });

  it('swaps it for the version of a config, with its paths relative to that', async () => {
    const { server, agent, driver } = await servedHost();
    const { code, stdout } = await lifecycle(server.url, ['swap', 'agent', '--config', await configOf(NEXT)]);
    expect([code, stdout]).toEqual([0, lines(HEAD, 'agent  running  healthy  2/2    0')]);
    expect(agent.spec.versionNumber).toBe(2);
    expect(driver.deployment?.options).toMatchObject({ module: path.join(folder, 'next.wasm') });
  });

  it('swaps it with the limits of requests that the config has', async () => {
    const { server, agent } = await servedHost();
    const config = await configOf({
      ...NEXT,
      requests: { timeout: 5, maxDuration: 6, concurrency: 7, queue: 8 },
    });
    await lifecycle(server.url, ['swap', 'agent', '--config', config]);
    expect(agent.spec.requests).toEqual({ timeout: 5, maxDuration: 6, concurrency: 7, queue: 8 });
  });
});

describe('agent-lifecycle journal', () => {
  it('shows what has happened after some entry', async () => {
    const { server } = await servedHost();
    const { stdout } = await lifecycle(server.url, ['journal', 'agent', '--after', '9']);
    expect(stdout).toMatch(
      /^SEQ {4}AT {23}GEN {2}WHAT\n10 {5}\S{10} \S{12} {2}1 {4}ready.starting → running.serving by xstate.done.actor.starting\n$/,
    );
  });

  it('follows it in lines of JSON', async () => {
    const { server, agent } = await servedHost();
    const journal = command(['journal', 'agent', '--follow', '--json', '--after', '9', '--url', server.url]);
    await journal.has(/"sequence":10/);
    agent.cordon();
    await journal.has(/"cordoned"/);
    const entries = journal.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(entries).toEqual(agent.journal.entries.slice(-2));
  });

  it('says when the stream breaks, and goes on with the next', async () => {
    const { server, agent, serve } = await servedHost();
    const journal = command(['journal', 'agent', '--follow', '--after', '9', '--url', server.url]);
    await journal.has(/running.serving/);
    await server.close();
    await journal.has(/No host answers at \S+: it has ended the stream; connecting anew/);
    agent.cordon();
    await serve(Number(new URL(server.url).port));
    await journal.has(/cordoned/);
    expect(journal.output.match(/^\d+/gm)).toEqual(['10', '11']);
  });

  it('ends when nobody reads it any more', async () => {
    const { server, agent } = await servedHost();
    const journal = command(['journal', 'agent', '--follow', '--url', server.url]);
    await journal.has(/running.serving/);
    journal.stopReading();
    const hasEnded = journal.exited.then(() => true);
    while (!(await Promise.race([hasEnded, turn().then(() => false)]))) {
      agent.cordon();
      agent.uncordon();
    }
    expect(await journal.exited).toBe(0);
  });
});

describe('the exit code', () => {
  it('is 1 when the host refuses, and says why', async () => {
    const { server } = await servedHost();
    expect(await lifecycle(server.url, ['status', 'nobody'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The host refuses: No agent is named "nobody" (UnknownAgent)\n',
    });
  });

  it('is 1 when the agent fails what it is told', async () => {
    const { server, driver } = await servedHost();
    driver.throws.set('start', new Error('cannot'));
    const { code, stdout } = await lifecycle(server.url, [
      'swap',
      'agent',
      '--json',
      '--config',
      await configOf(NEXT),
    ]);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { swapped: false, serving: 1, error: { code: 'OperationFailed', reason: 'cannot' } },
    ]);
  });

  it.each([
    ['an unknown command', ['dance'], "error: unknown command 'dance'"],
    ['no agent', ['drain'], "missing required argument 'name'"],
    ['what is no URL', ['status', '--url', 'here'], 'Expected an http or https URL'],
    ['a swap without a config', ['swap', 'agent'], "required option '--config <file>' not specified"],
    ['a config that is not there', ['swap', 'agent', '--config', 'none.json'], 'cannot be read: ENOENT'],
    [
      'an agent that the config does not have',
      ['swap', 'nobody', '--config', 'examples/agents.json'],
      'agents: expected one of the name "nobody", found none',
    ],
    [
      'a version that has no number',
      ['swap', 'slow-echo', '--config', 'examples/agents.json'],
      'agents[1].versionNumber: expected one that is higher than before, received none',
    ],
  ])('is 2 for %s', async (_, args, message) => {
    expect(await lifecycle('http://127.0.0.1:4100', args)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message) as unknown,
    });
  });

  it('is 3 when no host can be reached, which is told as JSON, too', async () => {
    const { server } = await servedHost();
    await server.close();
    const { code, stdout, stderr } = await lifecycle(server.url, ['status', '--json']);
    expect(stderr).toMatch(
      /\nStart a host with agent-lifecycle run, or give its address with --url or AGENT_LIFECYCLE_URL\n$/,
    );
    expect([code, JSON.parse(stdout)]).toEqual([
      3,
      {
        error: {
          code: 'Unreachable',
          message: expect.stringMatching(/^No host answers at .*ECONNREFUSED/) as unknown,
          url: server.url,
          reason: expect.stringContaining('ECONNREFUSED') as unknown,
        },
      },
    ]);
  });
});
