import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import {
  createAgentHost,
  functionDriver,
  type FunctionHandle,
  type RequestCall,
} from 'xstate-agent-lifecycle';
import { serveAgents, type ServeOptions } from '../../../src/server/serve-agents.js';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A host of one running agent, and the command that sends it a request. */
async function served(handle: FunctionHandle, options: Partial<ServeOptions> = {}) {
  const host = createAgentHost();
  const agent = host.deploy({ name: 'agent', driver: functionDriver(handle) });
  await agent.run();
  const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0, ...options });
  ends.push(
    () => host.shutdown({ force: true }),
    () => server.close(),
  );
  const start = (...args: string[]) => startRequest(server.url, ['agent', ...args]);
  const request = (...args: string[]) => outcomeOf(start(...args), '');
  return { agent, server, start, request };
}

function startRequest(url: string, args: string[]) {
  const child = spawn(process.execPath, ['packages/agent-lifecycle/bin.js', 'request', ...args], {
    env: { ...process.env, NODE_OPTIONS: '', AGENT_LIFECYCLE_URL: url },
  });
  ends.unshift(() => Promise.resolve(child.kill('SIGKILL')));
  return child;
}

type Child = ReturnType<typeof startRequest>;

async function outcomeOf(child: Child, input: string | Uint8Array) {
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

/** Reads until a text has come. */
async function reads(stream: NodeJS.ReadableStream, expected: string): Promise<void> {
  let seen = '';
  while (!seen.includes(expected)) {
    const [piece] = (await once(stream, 'data')) as [Buffer];
    seen += piece.toString();
  }
}

const streamOf = (...chunks: readonly unknown[]): FunctionHandle =>
  async function* () {
    for (const chunk of chunks) {
      yield await Promise.resolve(chunk);
    }
  };

/** An agent that streams one chunk, then waits. */
function pausing(last: () => unknown) {
  let goOn: () => void = () => undefined;
  const paused = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const handle = async function* () {
    yield 'first';
    await paused;
    yield last();
  };
  return { handle, goOn };
}

/** An agent that streams until its reader leaves. */
function endless() {
  let onEnd: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  const handle = async function* () {
    try {
      for (;;) {
        yield 'more\n';
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      onEnd();
    }
  };
  return { handle, ended };
}

describe('agent-lifecycle request', () => {
  it.each<[string, FunctionHandle, string]>([
    ['a text', () => 'größer', 'größer'],
    ['bytes', () => new Uint8Array([104, 105, 10]), 'hi\n'],
    ['any other value as JSON', () => ({ a: [1] }), '{"a":[1]}'],
    ['a stream of texts', streamOf('one ', 'two'), 'one two'],
    ['a stream of bytes', streamOf(new Uint8Array([104]), new Uint8Array([105])), 'hi'],
    ['any other stream as lines of JSON', streamOf({ a: 1 }, null), '{"a":1}\nnull\n'],
  ])('prints %s', async (_, handle, stdout) => {
    const { request } = await served(handle);
    expect(await request()).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('prints each chunk as it comes', async () => {
    const { handle, goOn } = pausing(() => ' last');
    const { start } = await served(handle);
    const child = start('go');
    await reads(child.stdout, 'first');
    goOn();
    expect(await outcomeOf(child, '')).toEqual({ code: 0, stdout: ' last', stderr: '' });
  });

  it.each<[string, string[], unknown]>([
    ['its argument, a text', ['two words'], 'two words'],
    ['standard input, bytes', ['-'], [255, 10]],
    ['standard input where there is no argument', [], [255, 10]],
    ['the value of JSON', ['{"a":1}', '--type', 'application/json'], { a: 1 }],
  ])('sends %s', async (_, args, payload) => {
    const { start } = await served((given) => ({ given: given instanceof Uint8Array ? [...given] : given }));
    const { stdout } = await outcomeOf(start(...args), new Uint8Array([255, 10]));
    expect(JSON.parse(stdout)).toEqual({ given: payload });
  });

  const onTerminal = spawnSync('script', ['--version']).status === 0 ? it : it.skip;

  onTerminal('adds the end of a line on a terminal', async () => {
    const { server } = await served(() => 'text');
    const line = `exec ${process.execPath} packages/agent-lifecycle/bin.js request agent --url ${server.url}`;
    const child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(await outcomeOf(child, '')).toEqual({ code: 0, stdout: 'text\r\n', stderr: '' });
  });

  it('with --events prints progress on standard error', async () => {
    const { request } = await served(async function* (_, { progress }) {
      progress({ step: '\u001b\u0085' });
      yield await Promise.resolve('one\n');
      yield { two: 2 };
    });
    expect(await request('--events')).toEqual({
      code: 0,
      stdout: 'one\n{"two":2}\n',
      stderr: '{"step":"\\u001b\\u0085"}\n',
    });
  });

  it('with --json prints lines of JSON', async () => {
    const { request } = await served(async function* (_, { progress }) {
      progress(0.5);
      yield await Promise.resolve('one');
      throw new Error('broken');
    });
    const message = 'The agent failed the request: broken';
    expect(await request('--json')).toEqual({
      code: 1,
      stdout: `{"progress":0.5}\n{"chunk":"one"}\n{"error":{"code":"RequestFailed","message":"${message}"}}\n`,
      stderr: `The answer has failed: ${message} (RequestFailed)\n`,
    });
  });

  it('leaves the request at Ctrl-C', async () => {
    const { handle, ended } = endless();
    const { start, agent } = await served(handle);
    const child = start('go');
    const closed = once(child, 'close');
    await reads(child.stdout, 'more');
    child.stdout.resume();
    child.kill('SIGINT');
    await closed;
    await ended;
    await agent.drain();
    expect([child.signalCode, agent.state]).toEqual(['SIGINT', 'stopped']);
  });

  it.each([[[]], [['--events']]])('ends when nobody reads it any more: %j', async (args) => {
    const { handle, ended } = endless();
    const { start } = await served(handle);
    const child = start('go', ...args);
    const outcome = Promise.all([text(child.stderr), once(child, 'close')]);
    await reads(child.stdout, 'more');
    child.stdout.destroy();
    await ended;
    const [stderr] = await outcome;
    expect([child.exitCode, stderr]).toEqual([0, '']);
  });

  it('asks for no more while its reader pauses', async () => {
    let chunks = 0;
    const { start } = await served(async function* () {
      for (;;) {
        chunks++;
        yield await Promise.resolve('x'.repeat(64 * 1024));
      }
    });
    const child = start('go');
    await reads(child.stdout, 'x');
    child.stdout.pause();
    // It stands still once the buffers between the two are full: looked at again and again until it does.
    for (let before = -1; before !== chunks; await new Promise((resolve) => setTimeout(resolve, 200))) {
      before = chunks;
    }
    expect(chunks).toBeLessThan(1_000);
  });
});

describe('a request that was handed over', () => {
  const handsOver = async function* (_: unknown, { resume, handOver }: RequestCall) {
    yield await Promise.resolve(resume === undefined ? 'first ' : `then ${JSON.stringify(resume)}`);
    return resume === undefined ? handOver({ "it's": 'größer' }) : undefined;
  };

  it('shows its token, which brings it back', async () => {
    const { request } = await served(handsOver);
    const token = '{"it\'s":"größer"}';
    expect(await request('--events')).toEqual({
      code: 1,
      stdout: 'first ',
      stderr: `The answer has failed: The agent handed the request over (HandedOver)\nGo on with it: --resume '{"it'\\''s":"größer"}'\n`,
    });
    expect(await request('--resume', token)).toEqual({
      code: 0,
      stdout: `then ${token}`,
      stderr: '',
    });
  });

  it('shows its token where there was no chunk before', async () => {
    const { request } = await served((_, { handOver }) => handOver(7));
    expect(await request()).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'The host refuses: The agent handed the request over: call again with its token as `resume` (HandedOver)\n' +
        "Go on with it: --resume '7'\n",
    });
  });

  it('has its token in the lines of JSON', async () => {
    const { request } = await served(handsOver);
    const { code, stdout } = await request('--json');
    const message = 'The agent handed the request over';
    const error = { code: 'HandedOver', message, token: { "it's": 'größer' } };
    expect([code, stdout]).toEqual([1, `{"chunk":"first "}\n${JSON.stringify({ error })}\n`]);
  });
});

describe('the exit code of a request', () => {
  it('is 1 where the answer is cut, which is said', async () => {
    const { handle, goOn } = pausing(() => {
      throw new Error('broken');
    });
    const { start } = await served(handle);
    const child = start('go');
    await reads(child.stdout, 'first');
    goOn();
    expect(await outcomeOf(child, '')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The answer was cut before its end: with --events a host says why\n',
    });
  });

  it('is 1 where the agent fails it', async () => {
    const { request } = await served(() => {
      throw new Error('broken');
    });
    expect(await request()).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The host refuses: The agent failed the request: broken (RequestFailed)\n',
    });
  });

  it('is 1 where the time is over', async () => {
    const { request } = await served(() => new Promise(() => undefined));
    expect(await request('--timeout', '50')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The answer has not come to its end within 50 ms\n',
    });
  });

  it.each([
    ['a token that is no JSON', ['--resume', '{'], 'Expected JSON.'],
    ['a type that is none', ['--type', 'json'], 'Expected a media type, as application/json.'],
    ['a time that is none', ['--timeout', '0'], 'Expected an integer from 1 to 2147483647.'],
  ])('is 2 for %s', async (_, args, message) => {
    expect(await outcomeOf(startRequest('http://127.0.0.1:9', ['agent', ...args]), '')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message) as unknown,
    });
  });

  it('is 3 where no host is', async () => {
    const { server, request } = await served(() => 1);
    await server.close();
    expect(await request()).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^No host answers at .*ECONNREFUSED.*\nStart a host/) as unknown,
    });
  });
});
