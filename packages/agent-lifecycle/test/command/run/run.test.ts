import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command, type Started } from '../started.js';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'run-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const WORD_COUNT = {
  name: 'word-count',
  driver: 'wasm',
  options: { module: path.resolve('examples/agents/word-count.wasm') },
};

async function run(config: object, ...args: string[]): Promise<Started> {
  const file = path.join(folder, 'agents.json');
  await writeFile(file, JSON.stringify(config));
  return command(['run', file, '--port', '0', ...args]);
}

async function urlOf(host: Started): Promise<string> {
  const [, url] = await host.has(/on (http:\/\/\S+)/);
  await host.has(/word-count +ready → running/);
  return String(url);
}

/** Signals within 500 ms of the one before are the same signal. */
const anotherSignalCounts = () => new Promise((resolve) => setTimeout(resolve, 600));

describe('agent-lifecycle run', () => {
  it('is unready at the first signal, and still serves for the delay before the drain', async () => {
    const host = await run({ agents: [WORD_COUNT], preDrainDelay: 600_000 });
    const url = await urlOf(host);
    host.signal('SIGTERM');
    await host.has(/SIGTERM: accepting no more, draining/);
    const readyz = await fetch(`${url}/readyz`);
    const answer = await fetch(`${url}/agents/word-count/requests`, { method: 'POST', body: 'still here' });
    expect([readyz.status, await answer.text()]).toEqual([503, '2']);
  });

  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('exits at once at the third %s', async (signal, code) => {
    const host = await run({ agents: [WORD_COUNT], preDrainDelay: 600_000 });
    // A caller that never comes to its end, which a server that closes waits for a while.
    const caller = request(`${await urlOf(host)}/agents/word-count/requests`, { method: 'POST' });
    caller.on('error', () => undefined).write('one');
    host.signal(signal);
    await host.has(/accepting no more, draining/);
    await anotherSignalCounts();
    host.signal(signal);
    await host.has(/stopping without waiting for requests/);
    await anotherSignalCounts();
    host.signal(signal);
    await host.has(/exiting at once/);
    expect(await host.exited).toBe(code);
  });

  it('is drained when its terminal is closed', async () => {
    const host = await run({ agents: [WORD_COUNT] });
    await urlOf(host);
    host.stopReading();
    host.signal('SIGHUP');
    expect(await host.exited).toBe(0);
  });

  it.each<[string, readonly NodeJS.Signals[], string]>([
    ['once its agents are down', ['SIGTERM'], 'SIGKILL'],
    ['at the third signal', ['SIGTERM', 'SIGTERM', 'SIGTERM'], 'SIGTERM'],
  ])('ends %s, where a thread waits for a file for ever', async (_, signals, end) => {
    const module = path.join(folder, 'waits.mjs');
    const fifo = `./fifo-${signals.length}.mjs`;
    execFileSync('mkfifo', [path.join(folder, fifo)]);
    await writeFile(module, `import '${fifo}';`);
    // Long enough for the thread to have come to the file, however slow the machine is.
    const waits = { name: 'waits', driver: 'worker', options: { module }, transitionTimeout: 5_000 };
    const host = await run({ agents: [WORD_COUNT, waits] });
    const url = await urlOf(host);
    await host.has(/waits +.*failed: Transition timeout/);
    const caller = request(`${url}/agents/word-count/requests`, { method: 'POST' });
    // Without an end, the server that closes waits for a while.
    caller.on('error', () => undefined);
    if (signals.length > 1) caller.write('one');
    else caller.end('one');
    for (const [index, signal] of signals.entries()) {
      if (index > 0) await anotherSignalCounts();
      host.signal(signal);
    }
    expect(await host.exited).toBeNull();
    expect(host.output).toContain(`A thread waits for a file: the process ends by ${end}`);
  });

  it('is operated by the other commands', async () => {
    const host = await run({ agents: [WORD_COUNT] });
    const drain = command(['drain', 'word-count', '--url', await urlOf(host)]);
    expect([await drain.exited, drain.output]).toEqual([0, expect.stringContaining('Drained in')]);
    await host.has(/word-count +draining → stopped/);
  });

  it('starts agents after those on which they depend, and tells of those that do not start', async () => {
    await writeFile(path.join(folder, 'broken.wasm'), 'no module');
    const broken = { name: 'broken', driver: 'wasm', options: { module: 'broken.wasm' } };
    const host = await run({ agents: [{ ...WORD_COUNT, dependsOn: ['broken'] }, broken] });
    await host.has(/^word-count: not started: "word-count" depends on "broken", which is failed$/m);
    // Why it has failed is told once.
    expect(host.output.match(/^broken.*failed.*$/gm)).toEqual([
      expect.stringMatching(/^broken +unloaded → failed: .*module/),
    ]);
    expect(host.output).not.toMatch(/^broken: /m);
  });

  it('finds what its agents need and is not there before it serves, and tells each once', async () => {
    const child = { command: 'no-such-program', cwd: 'no-such-folder' };
    const host = await run({
      agents: [
        {
          name: 'module',
          driver: 'wasm',
          options: { module: 'absent.wasm', allowedPaths: { data: 'absent' } },
        },
        { name: 'folder', driver: 'worker', options: { module: '.' } },
        { name: 'command', driver: 'process', options: child },
        { name: 'file', driver: 'mcp', options: { command: './agents.json' } },
        WORD_COUNT,
      ],
    });
    const at = (name: string) => path.join(folder, name);
    expect([await host.exited, host.output.trimEnd().split('\n  ')]).toEqual([
      2,
      [
        at('agents.json'),
        `agents[0].options.module: expected a file, found none: ${at('absent.wasm')}`,
        `agents[0].options.allowedPaths.data: expected a folder, found none: ${at('absent')}`,
        `agents[1].options.module: expected a file, found something else: ${folder}`,
        `agents[2].options.cwd: expected a folder, found none: ${at('no-such-folder')}`,
        'agents[2].options.command: expected a program, found none that can be run in PATH: no-such-program',
        `agents[3].options.command: expected a program, found none that can be run: ${at('agents.json')}`,
      ],
    ]);
  });

  it('takes a folder in PATH for no program, as the driver does', async () => {
    await mkdir(path.join(folder, 'bin/looks-like-one'), { recursive: true });
    const options = { command: 'looks-like-one', env: { PATH: path.join(folder, 'bin') } };
    const host = await run({ agents: [{ name: 'command', driver: 'process', options }] });
    expect([await host.exited, host.output]).toEqual([
      2,
      expect.stringContaining('expected a program, found none that can be run in PATH: looks-like-one'),
    ]);
  });

  it('says what to do where its port is taken, or its address is none of this machine', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve);
    });
    const { port } = taken.address() as AddressInfo;
    const config = { agents: [WORD_COUNT] };
    const onPort = await run(config, '--port', String(port));
    await onPort.exited;
    const relay = await run(config, '--inspect', String(port));
    await relay.exited;
    const elsewhere = command(['run', path.join(folder, 'agents.json'), '--host', '192.0.2.1'], {
      AGENT_LIFECYCLE_TOKEN: 'secret',
    });
    const codes = [await onPort.exited, await relay.exited, await elsewhere.exited];
    taken.close();
    expect([codes, onPort.output, relay.output, elsewhere.output]).toEqual([
      [2, 2, 2],
      `Port ${port} is in use: take another with --port, or --port 0\n`,
      `The relay of the Stately inspector cannot listen: Port ${port} is in use: take another with --inspect, or --inspect 0\n`,
      '192.0.2.1 is no address of this machine: name another with --host\n',
    ]);
  });

  it('goes on with its agents where a host before it was killed, with --data', async () => {
    const data = path.join(folder, 'data');
    const second = { ...WORD_COUNT, name: 'drained' };
    const killed = await run({ agents: [WORD_COUNT, second] }, '--data', data);
    const url = await urlOf(killed);
    await killed.has(/drained +ready → running/);
    await command(['drain', 'drained', '--url', url]).exited;
    killed.signal('SIGKILL');
    await killed.exited;
    const next = await run({ agents: [WORD_COUNT, second] }, '--data', data);
    const agents = (await (await fetch(`${await urlOf(next)}/agents`)).json()) as Record<string, unknown>[];
    expect(agents.map(({ name, state, generation }) => [name, state, generation])).toEqual([
      ['word-count', 'running', 2],
      ['drained', 'stopped', 1],
    ]);
    expect(next.output).toContain('interrupted by the end of its host: it was running.serving');
  });

  it('refuses a directory that another host has, and names that', async () => {
    const data = path.join(folder, 'taken');
    const first = await run({ agents: [WORD_COUNT] }, '--data', data);
    await urlOf(first);
    const second = await run({ agents: [WORD_COUNT] }, '--data', data);
    expect([await second.exited, second.output]).toEqual([
      2,
      expect.stringMatching(/taken is in use by the host with process id \d+, since /),
    ]);
  });

  it('refuses a directory without a name', async () => {
    const host = await run({ agents: [WORD_COUNT] }, '--data', '');
    expect([await host.exited, host.output]).toEqual([
      2,
      expect.stringContaining('Expected the path of a directory.'),
    ]);
  });

  it('refuses a name of a host that no call can have', async () => {
    const host = await run({ agents: [WORD_COUNT] }, '--allow-host', 'my.host:4202');
    expect([await host.exited, host.output]).toEqual([
      2,
      expect.stringContaining('Expected the name of a host, without a scheme, a user, a port or a path.'),
    ]);
  });

  it('says which agents it keeps that the config no longer names', async () => {
    const data = path.join(folder, 'left-out');
    const first = await run({ agents: [WORD_COUNT, { ...WORD_COUNT, name: 'other' }] }, '--data', data);
    await urlOf(first);
    first.signal('SIGTERM');
    await first.exited;
    const next = await run({ agents: [WORD_COUNT] }, '--data', data);
    await next.has(/^Not in the config, and left as they are: other$/m);
  });

  it.each([
    ['text', 'word-count: goes on in version 2, which is kept: version 1 of the config is older'],
    ['json', '"agent":"word-count","kept":2,"configured":1,"msg":"keptNewer"'],
  ])('says in %s which agents go on in a newer version than the config has', async (format, line) => {
    const data = path.join(folder, `newer-${format}`);
    const first = await run({ agents: [{ ...WORD_COUNT, versionNumber: 2 }] }, '--data', data);
    await urlOf(first);
    first.signal('SIGTERM');
    await first.exited;
    const next = await run({ agents: [WORD_COUNT] }, '--data', data, '--log', format);
    const [told] = await next.has(new RegExp(line));
    expect(told).toBe(line);
  });

  it('says what happens in lines of JSON when it is told to', async () => {
    const host = await run({ agents: [WORD_COUNT] }, '--log', 'json');
    await host.has(/"to":"running.serving"/);
    host.signal('SIGTERM');
    const code = await host.exited;
    const lines = host.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: number; msg: string; agent?: string });
    expect([code, lines.map(({ level, msg, agent }) => [level, msg, agent])]).toEqual([
      0,
      [
        [30, 'deployed', 'word-count'],
        [30, 'serving', undefined],
        ...['load', 'instantiate', 'start']
          .flatMap(() => ['transition', 'operation', 'transition'])
          .map((msg) => [30, msg, 'word-count']),
        [30, 'signal', undefined],
        ...['transition', 'operation', 'transition', 'drained', 'left'].map((msg) => [30, msg, 'word-count']),
      ],
    ]);
  });

  it('keeps what an agent prints apart, in lines of JSON', async () => {
    const module = path.resolve('test/drivers/worker/agents/faulty.js');
    const options = { module, data: { prints: ['{"level":50}\nno JSON'] } };
    const prints = { name: 'prints', driver: 'worker', options };
    const host = await run({ agents: [prints] }, '--log', 'json');
    await host.has(/prints.*"to":"running.serving"/);
    host.signal('SIGTERM');
    await host.exited;
    const lines = host.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; agent?: string; stream?: string; text?: string });
    const printed = lines.filter(({ msg }) => msg === 'output');
    expect(printed.map(({ agent, stream, text }) => [agent, stream, text]).toSorted()).toEqual([
      ['prints', 'stderr', 'on the other stream'],
      ['prints', 'stdout', 'no JSON'],
      ['prints', 'stdout', '{"level":50}'],
    ]);
  });
});
