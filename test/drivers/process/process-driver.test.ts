import { afterEach, describe, expect, it } from '@jest/globals';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SimulatedClock, waitFor } from 'xstate';
import {
  createAgentHost,
  type Agent,
  type AgentHost,
  type AgentSpec,
  type Clock,
} from '../../../src/index.js';
import { processDriver, type ProcessOptions } from '../../../src/drivers/process/index.js';
import { driven, DriverCall, outOfTime } from '../driven.js';
import { agentThat } from './fixture.js';
import { untilGone, untilNoneWith } from './processes.js';

const run = promisify(execFile);
const LIFECYCLES = fileURLToPath(new URL('agents/lifecycles.mjs', import.meta.url));
const HOST = fileURLToPath(new URL('agents/host.mjs', import.meta.url));
/** Milliseconds that no test takes. */
const FOR_EVER = 600_000;
const hosts: AgentHost[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.shutdown({ force: true })));
});

function deploy(options: unknown, spec: Partial<AgentSpec> = {}, clock?: Clock): Agent {
  const host = createAgentHost({ drivers: { process: processDriver() }, ...(clock && { clock }) });
  hosts.push(host);
  return host.deploy({ name: 'child', driver: 'process', options, ...spec });
}

async function running(options: ProcessOptions): Promise<Agent> {
  const agent = deploy(options);
  expect(await agent.run()).toMatchObject({ error: null });
  return agent;
}

function throwNull(): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw null;
}

async function ended(agent: Agent): Promise<(string | null)[]> {
  await waitFor(agent.actor, (snapshot) => snapshot.hasTag('terminal'));
  return [agent.state, agent.record.failureReason];
}

describe('an agent that is a process', () => {
  it('may be a program in any language', async () => {
    const agent = await running({ command: 'python3', args: ['examples/agents/reverse.py'] });
    expect(await agent.request('hello')).toBe('olleh');
    expect(await agent.drain()).toMatchObject({ result: { success: true, currentState: 'stopped' } });
  });

  it('says what docs/processes.md says', () => {
    const lines = readFileSync('docs/processes.md', 'utf8').match(/^\{.*\}$/gm) ?? [];
    const [asked, answers] = [
      lines.filter((line) => line.includes('"do"')),
      lines.filter((line) => line.includes('"ok"')),
    ];
    const { stdout } = spawnSync('python3', ['examples/agents/reverse.py'], {
      input: asked.map((line) => `${line}\n`).join(''),
      encoding: 'utf8',
    });
    const given = stdout.trim().split('\n');
    expect([asked.length, given.map((line) => JSON.parse(line) as unknown)]).toEqual([
      6,
      answers.map((line) => JSON.parse(line) as unknown),
    ]);
  });

  it.each([
    ['text', 'grüß dich', 'grüß dich'],
    ['the bytes of a text', new TextEncoder().encode('grüß dich'), 'grüß dich'],
    ['anything that is JSON', { a: [1, null, 'two'] }, { a: [1, null, 'two'] }],
    ['nothing', undefined, null],
  ])('is sent %s', async (_, payload, answer) => {
    const agent = await running(agentThat('echo'));
    expect(await agent.request(payload)).toEqual(answer);
  });

  it.each([
    ['bytes that are no text', Uint8Array.of(0xff), 'InputInvalid'],
    ['a number that is no JSON', 1n, 'InputInvalid'],
    ['a function', () => 1, 'InputInvalid'],
    ['a value whose `toJSON` throws nothing of use', { toJSON: throwNull }, 'InputInvalid'],
    ['more than a line may have', 'a'.repeat(100), 'InputTooLarge'],
  ])('is not sent %s', async (_, payload, code) => {
    const agent = await running({ ...agentThat('echo'), maxLine: 100 });
    await expect(agent.request(payload)).rejects.toMatchObject({ code: 'RequestFailed', cause: { code } });
    expect(await agent.request('and goes on')).toBe('and goes on');
  });

  it('answers requests side by side, in whatever order it likes', async () => {
    const agent = await running(agentThat('answersBackwards'));
    const order: unknown[] = [];
    const answers = ['first', 'second'].map(async (payload) => {
      const answer = await agent.request(payload);
      order.push(answer);
      return answer;
    });
    expect([await Promise.all(answers), order]).toEqual([
      ['first', 'second'],
      ['second', 'first'],
    ]);
  });

  it('has only what it needs of the environment, and what its options add', async () => {
    process.env['A_SECRET'] = 'of the host';
    const agent = await running({ ...agentThat('environment'), env: { COLOUR: 'red' } });
    const environment = (await agent.request('')) as Record<string, string>;
    delete process.env['A_SECRET'];
    expect([environment['COLOUR'], environment['PATH'], environment['A_SECRET']]).toEqual([
      'red',
      process.env['PATH'],
      undefined,
    ]);
  });

  it('runs in the folder that its options say, from where its command is found', async () => {
    const agent = await running({ command: './reverse.py', cwd: 'examples/agents' });
    expect(await agent.request('hello')).toBe('olleh');
  });
});

describe('a request', () => {
  it('that nobody waits for is cancelled, and what is still answered to it ignored', async () => {
    const agent = await running(agentThat('remembers'));
    const controller = new AbortController();
    const request = agent.request('never mind', { signal: controller.signal });
    expect(await agent.request('heard')).toEqual(['request never mind', 'request heard']);
    controller.abort(new Error('I do not mind'));
    await expect(request).rejects.toThrow('I do not mind');
    expect(await agent.request('heard')).toEqual([
      'request never mind',
      'request heard',
      'cancel',
      'request heard',
    ]);
  });

  it('whose time is over is cancelled, and the agent goes on', async () => {
    const { driver } = await driven(processDriver(), agentThat('remembers'));
    const call = new DriverCall();
    const request = driver.handle('slow', call);
    const reason = outOfTime();
    // Not yet written it would be taken back.
    await driver.handle('heard', new DriverCall());
    call.abort(reason);
    await expect(request).rejects.toBe(reason);
    expect(await driver.handle('heard', new DriverCall())).toEqual([
      'request slow',
      'request heard',
      'cancel',
      'request heard',
    ]);
  });

  it('that is answered with an error fails with it', async () => {
    const agent = await running(agentThat('failsRequests'));
    await expect(agent.request('')).rejects.toMatchObject({
      code: 'RequestFailed',
      message: 'The agent failed the request: The process answered with an error: no answer to that',
      cause: { code: 'AnsweredError', cause: { message: 'no answer to that', code: 'Refused' } },
    });
    expect(agent.state).toBe('running');
  });
});

describe('a process that cannot run', () => {
  it.each([
    ['no such command', { command: 'no-such-command' }, 'The command cannot be found: no-such-command'],
    ['no such path', { command: './no/such' }, 'The command cannot be found: ./no/such'],
    ['a file that cannot be run', { command: './package.json' }, 'The command cannot be found'],
    [
      'no such folder',
      { command: 'sh', cwd: '/no/such' },
      'The folder to run in cannot be entered: /no/such',
    ],
  ])('is refused when it is loaded: %s', async (_, options, reason) => {
    const agent = deploy(options);
    const { error } = await agent.load();
    expect([error?.code, agent.record.failureReason]).toEqual([
      'OperationFailed',
      expect.stringContaining(reason),
    ]);
  });

  it('is refused where there are no process groups', () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor;
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    try {
      expect(() => deploy(agentThat('echo'))).toThrow('need an operating system with process groups: win32');
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
  });

  it('fails to start when it says so', async () => {
    const agent = deploy(agentThat('failsToStart'));
    await agent.run();
    expect(await ended(agent)).toEqual(['failed', 'The process answered with an error: not today']);
  });

  it('fails to start when it ends before it has', async () => {
    const agent = deploy(agentThat('diesInStart'));
    expect((await agent.run()).error?.code).toBe('OperationFailed');
    expect(await ended(agent)).toEqual(['failed', 'The process has ended: exit code 4: no luck']);
  });

  it('is killed at the transition timeout when its start never ends', async () => {
    const clock = new SimulatedClock();
    const mark = randomUUID();
    const agent = deploy(agentThat('hangsInStart', mark), {}, clock);
    const run = agent.run();
    await waitFor(agent.actor, ({ context }) => context.operation === 'starting');
    clock.increment(30_000);
    expect([(await run).error?.code, await untilNoneWith(mark)]).toEqual(['TimeoutExceeded', []]);
  });
});

describe('a process that ends by itself', () => {
  it('has failed, with the end of what it wrote to stderr', async () => {
    const agent = await running(agentThat('crashesInRequest'));
    await expect(agent.request('')).rejects.toMatchObject({ code: 'AgentFailed' });
    expect(await ended(agent)).toEqual(['failed', 'The process has ended: exit code 3: it was all too much']);
  });

  it('keeps no more of stderr than it was told to', async () => {
    const agent = await running({ ...agentThat('crashesInRequest'), stderr: 9 });
    await expect(agent.request('')).rejects.toMatchObject({ code: 'AgentFailed' });
    expect(await ended(agent)).toEqual(['failed', 'The process has ended: exit code 3: too much']);
  });

  it('has stopped when it ended with success', async () => {
    const agent = await running(agentThat('finishesInRequest'));
    await expect(agent.request('')).rejects.toMatchObject({ code: 'AgentStopped' });
    expect(await ended(agent)).toEqual(['stopped', null]);
  });

  it('has failed when it was killed', async () => {
    const agent = await running(agentThat('family'));
    const [pid] = (await agent.request('')) as number[];
    process.kill(Number(pid), 'SIGKILL');
    expect(await ended(agent)).toEqual(['failed', 'The process has ended: SIGKILL']);
  });

  it('leaves nothing of its group behind', async () => {
    const agent = await running(agentThat('orphans'));
    await expect(agent.request('')).rejects.toMatchObject({ code: 'AgentFailed' });
    const [, reason] = await ended(agent);
    const [, child] = /exit code 5: (\d+)$/.exec(String(reason)) ?? [];
    expect(await untilGone([Number(child)])).toEqual([]);
  });
});

describe('stopping', () => {
  it('asks the process first', async () => {
    const agent = await running(agentThat('failsToStop'));
    const { error } = await agent.drain();
    expect([error?.code, ...(await ended(agent))]).toEqual([
      'OperationFailed',
      'failed',
      'The process answered with an error: something was not saved',
    ]);
  });

  it('does not care what a process answers that is forced', async () => {
    const agent = await running(agentThat('failsToStop'));
    const stopped = expect(agent.request('')).rejects.toMatchObject({ code: 'AgentStopped' });
    expect(await agent.stop()).toMatchObject({ result: { success: true, currentState: 'stopped' } });
    await stopped;
  });

  it('does not wait for what has left the group, but holds its pipes', async () => {
    const agent = await running(agentThat('escapes'));
    const [pid, escaped] = (await agent.request('')) as number[];
    expect(await agent.stop()).toMatchObject({ result: { success: true, currentState: 'stopped' } });
    process.kill(Number(escaped), 'SIGKILL');
    expect(await untilGone([Number(pid), Number(escaped)])).toEqual([]);
  });

  it('ends a process that ignores it, and all that this has started', async () => {
    const agent = await running({ ...agentThat('family'), escalation: { eof: 100, term: 100 } });
    const pids = (await agent.request('')) as number[];
    expect(await agent.stop()).toMatchObject({ result: { success: true, currentState: 'stopped' } });
    expect([pids.length, await untilGone(pids)]).toEqual([2, []]);
  });

  it('kills the process at once when the time of the transition is over', async () => {
    const clock = new SimulatedClock();
    const escalation = { eof: FOR_EVER, term: FOR_EVER };
    const agent = deploy({ ...agentThat('family'), escalation }, {}, clock);
    await agent.run();
    const pids = (await agent.request('')) as number[];
    const stop = agent.stop();
    await waitFor(agent.actor, ({ context }) => context.operation === 'stopping');
    clock.increment(30_000);
    expect([(await stop).error?.code, await untilGone(pids)]).toEqual(['TimeoutExceeded', []]);
  });

  it('stops a process whose start is still under way', async () => {
    const mark = randomUUID();
    const agent = deploy(agentThat('hangsInStart', mark));
    const run = agent.run();
    await waitFor(agent.actor, ({ context }) => context.operation === 'starting');
    expect([(await agent.stop()).error, (await run).error?.code]).toEqual([null, 'OperationCancelled']);
    expect(await untilNoneWith(mark)).toEqual([]);
  });
});

describe('the host', () => {
  it('takes the process and its children with it when it is killed', async () => {
    const host = spawn(process.execPath, [HOST], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [pids] = (await once(host.stdout, 'data')) as [Buffer];
    host.kill('SIGKILL');
    const family = JSON.parse(pids.toString()) as number[];
    expect([family.length, await untilGone(family)]).toEqual([2, []]);
  });

  it('is left with nothing of twenty agents, and ends', async () => {
    const mark = randomUUID();
    const { stdout } = await run(process.execPath, [LIFECYCLES, mark], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(JSON.parse(stdout)).toEqual({ stopped: 20, listeners: [] });
    expect(await untilNoneWith(mark)).toEqual([]);
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [undefined, 'expected object'],
    [{}, 'command'],
    [{ command: 'sh', args: 'a' }, 'args'],
    [{ command: 'sh', escalation: { eof: -1 } }, 'eof'],
    [{ command: 'sh', requestTimeout: 1_000 }, 'requestTimeout'],
    [{ command: 'sh', maxLine: 1 }, 'maxLine'],
    [{ command: 'sh', stdin: 1 }, 'stdin'],
    [{ command: 'sh', colour: 'red' }, 'colour'],
  ])('are refused when the agent is deployed: %j', (options, detail) => {
    expect(() => deploy(options)).toThrow(detail);
  });
});
