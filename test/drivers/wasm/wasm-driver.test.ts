import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SimulatedClock, waitFor } from 'xstate';
import type { Agent } from '../../../src/index.js';
import { wasmDriver, type WasmOptions } from '../../../src/drivers/wasm/index.js';
import { driven, DriverCall, outOfTime } from '../driven.js';
import {
  ALLOCATES,
  ANSWERS_PART,
  ASKS_CONFIG,
  ECHOES,
  KEEPS_EACH,
  LARGE_FUNCTION,
  SAYS_AND_TRAPS,
  ANSWERS,
  COUNTS,
  GROWS_TABLE,
  LOOPS_AND_STOPS,
  SLEEPS,
  GROWS,
  LARGE_MEMORY,
  LOOPS_IN_INSTANTIATION,
  LOOPS_IN_REQUEST,
  LOOPS_IN_START,
  LOOPS_IN_STOP,
  MISSING_IMPORT,
  NO_ENTRYPOINT,
  TRAPS,
  VARIES,
} from './plugins.js';
import { deploy, newHost, running, textOf } from './wasm-host.js';

/** An agent that has more requests than the one that its plugin answers. */
async function sideBySide(options: WasmOptions): Promise<Agent> {
  const agent = deploy(options, { requests: { concurrency: 10 } });
  expect(await agent.run()).toMatchObject({ error: null });
  return agent;
}

describe('a WebAssembly agent', () => {
  it('answers requests', async () => {
    const agent = await running({ module: ANSWERS });
    expect(await textOf(agent.request('hello'))).toBe('1');
  });

  it('is read from a file', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'plugin-'));
    const file = path.join(folder, 'plugin.wasm');
    await writeFile(file, ANSWERS);
    const agent = await running({ module: file });
    expect(await textOf(agent.request('hello'))).toBe('1');
    await rm(folder, { recursive: true });
  });

  it('answers requests one after the other, in their order', async () => {
    const agent = await running({ module: COUNTS });
    const answers = ['a', 'b', 'c'].map((payload) => textOf(agent.request(payload)));
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C']);
  });

  it('has its start function called', async () => {
    // The count begins with '0' when it is instantiated, and with '@' when it is started, which is before 'A'.
    const agent = await running({ module: COUNTS });
    expect(await textOf(agent.request('a'))).toBe('A');
  });

  it('keeps its variables from one request to the next', async () => {
    const agent = await running({ module: VARIES });
    await agent.request('first');
    expect(await textOf(agent.request('second'))).toBe('first');
  });
});

describe('a plugin that cannot run', () => {
  it.each<[string, WasmOptions, string]>([
    ['no file', { module: '/no/such/plugin.wasm' }, 'The module cannot be read: ENOENT'],
    ['no module', { module: Uint8Array.of(1, 2, 3) }, 'The module cannot be compiled: it ends in the middle'],
    ['damaged', { module: ANSWERS.slice(0, -1) }, 'The module cannot be compiled: it ends in the middle'],
    ['missing its entrypoint', { module: NO_ENTRYPOINT }, 'expected an exported function "handle"'],
    [
      'over the limit of memory',
      { module: LARGE_MEMORY, maxMemory: 65_536 },
      'it begins with 1000 pages of memory, 1 are',
    ],
    [
      'a device',
      { module: '/dev/zero' },
      'The module cannot be read: /dev/zero is a device, expected a regular file',
    ],
    [
      'larger than its limit',
      { module: ANSWERS, maxModuleSize: 10 },
      `The module is larger than its limit: it has ${ANSWERS.length} bytes, 10 are allowed (maxModuleSize)`,
    ],
    [
      'with a function over its limit',
      { module: LARGE_FUNCTION, maxFunctionSize: 100 },
      'it has a function of 502 bytes, 100 are allowed (maxFunctionSize)',
    ],
  ])('is refused when it is loaded: %s', async (_, options, reason) => {
    const agent = deploy(options);
    const { error } = await agent.load();
    expect([error?.code, agent.state, agent.record.failureReason]).toEqual([
      'OperationFailed',
      'failed',
      expect.stringContaining(reason),
    ]);
  });

  it.each([
    ['a FIFO', (file: string) => execFileSync('mkfifo', [file]), 'is a FIFO, expected a regular file'],
    ['too large', (file: string) => writeFile(file, ANSWERS), 'bytes, 10 bytes are allowed'],
  ])('is refused when its file is %s', async (_, make, reason) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'plugin-'));
    const file = path.join(folder, 'plugin.wasm');
    await make(file);
    const agent = deploy({ module: file, maxModuleSize: 10 });
    await agent.load();
    expect(agent.record.failureReason).toContain(reason);
    await rm(folder, { recursive: true });
  });

  it('fails when it wants what its host does not give it', async () => {
    const agent = deploy({ module: MISSING_IMPORT });
    await agent.run();
    expect(agent.record.failureReason).toBe(
      'The plugin cannot be instantiated: it imports what its host does not have: "env" "launch" (function)',
    );
  });

  it.each([
    ['instantiated', LOOPS_IN_INSTANTIATION, 'instantiating'],
    ['started', LOOPS_IN_START, 'starting'],
  ])(
    'is cut at the transition timeout when it loops for ever while it is %s',
    async (_, module, operation) => {
      const clock = new SimulatedClock();
      const agent = deploy({ module }, {}, newHost({ clock }));
      const run = agent.run();
      await waitFor(agent.actor, ({ context }) => context.operation === operation);
      clock.increment(30_000);
      expect([(await run).error?.code, agent.record.failureReason]).toEqual([
        'TimeoutExceeded',
        'Transition timeout exceeded: 30000ms',
      ]);
    },
  );

  it('is cut at the transition timeout when it loops for ever while it is stopped', async () => {
    const clock = new SimulatedClock();
    const agent = deploy({ module: LOOPS_IN_STOP }, {}, newHost({ clock }));
    await agent.run();
    const stop = agent.stop();
    await waitFor(agent.actor, ({ context }) => context.operation === 'stopping');
    clock.increment(30_000);
    expect((await stop).error?.code).toBe('TimeoutExceeded');
  });
});

describe('a request', () => {
  it('whose time is over is cut, and the agent has a fresh instance for the next', async () => {
    const { driver, failures } = await driven(wasmDriver(), { module: COUNTS });
    const ask = (payload: string, call = new DriverCall()) =>
      textOf(driver.handle(payload, call) as Promise<unknown>);
    expect(await ask('a')).toBe('A');
    const call = new DriverCall();
    const cut = ask('a request that makes it loop', call);
    // By then it is with the plugin.
    await new Promise((resolve) => setImmediate(resolve));
    const reason = outOfTime();
    call.abort(reason);
    await expect(cut).rejects.toBe(reason);
    expect([await ask('a'), failures]).toEqual(['A', []]);
  });

  it('is one at a time, where its spec does not say otherwise', async () => {
    const { driver } = await driven(wasmDriver(), { module: COUNTS });
    expect(driver.concurrency).toBe(1);
  });

  it('that is cut takes no request with it that waits behind', async () => {
    const agent = await running({ module: COUNTS });
    const controller = new AbortController();
    const cut = agent.request('a request that makes it loop', { signal: controller.signal });
    const waiting = ['a', 'b'].map((payload) => textOf(agent.request(payload)));
    controller.abort(new Error('never mind'));
    await expect(cut).rejects.toThrow('never mind');
    expect(await Promise.all(waiting)).toEqual(['A', 'B']);
  });

  it('that is cut while the agent drains does not keep it from stopping', async () => {
    const agent = await running({ module: LOOPS_AND_STOPS });
    const controller = new AbortController();
    const cut = expect(agent.request('loop', { signal: controller.signal })).rejects.toThrow('never mind');
    const drain = agent.drain();
    await waitFor(agent.actor, (snapshot) => snapshot.matches({ draining: 'awaitingRequests' }));
    controller.abort(new Error('never mind'));
    await cut;
    expect(await drain).toMatchObject({ result: { success: true, currentState: 'stopped' }, error: null });
  });

  it('cannot sleep where nothing could wake it', async () => {
    const agent = await running({ module: SLEEPS });
    expect(await textOf(agent.request(''))).toBe(String.fromCharCode(52));
  });

  it('has no larger tables than their limit', async () => {
    const agent = await running({ module: GROWS_TABLE });
    await expect(agent.request('')).rejects.toThrow('unreachable');
    expect(agent.state).toBe('running');
  });

  it('is cut when its signal is aborted', async () => {
    const agent = await running({ module: COUNTS });
    const controller = new AbortController();
    const request = agent.request('a request that makes it loop', { signal: controller.signal });
    controller.abort(new Error('never mind'));
    await expect(request).rejects.toThrow('never mind');
    expect(await textOf(agent.request('a'))).toBe('A');
  });

  it('that loops for ever does not keep another agent from answering', async () => {
    const host = newHost();
    const looping = deploy({ module: LOOPS_IN_REQUEST }, { name: 'looping' }, host);
    const other = deploy({ module: ANSWERS }, { name: 'other' }, host);
    await Promise.all([looping.run(), other.run()]);
    const cut = expect(looping.request('')).rejects.toMatchObject({ code: 'AgentStopped' });
    expect(await textOf(other.request(''))).toBe('1');
    await looping.stop();
    await cut;
  });

  it('that traps fails, and the agent goes on', async () => {
    const agent = await running({ module: TRAPS });
    await expect(agent.request('')).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining('The plugin failed: unreachable') as unknown,
    });
    expect(agent.state).toBe('running');
  });

  it('has no more memory than its limit', async () => {
    const agent = await running({ module: GROWS, maxMemory: 16 * 65_536 });
    await expect(agent.request('')).rejects.toThrow('unreachable');
  });

  it('has its host allocate no more than the limit', async () => {
    const agent = await running({ module: ALLOCATES, maxMemory: 1024 * 1024 });
    await expect(agent.request('')).rejects.toThrow('more than 1048576 bytes were exchanged');
    expect(agent.state).toBe('running');
  });

  it('gets what it is asked, and nothing of the memory that lies around', async () => {
    const agent = await running({ module: ECHOES });
    const around = new TextEncoder().encode('secret hello secret');
    expect(await textOf(agent.request(around.subarray(7, 12)))).toBe('hello');
    expect(new TextDecoder().decode(around)).toBe('secret hello secret');
  });

  it('has the answer that it has set, which may be a part of a block', async () => {
    const agent = await running({ module: ANSWERS_PART });
    expect(await textOf(agent.request('"hello"'))).toBe('hello');
  });

  it('that waits behind another is bounded in bytes', async () => {
    const agent = await sideBySide({ module: COUNTS, maxQueued: 10 });
    const answers = ['first', '12345', '67890', ''].map((payload) => textOf(agent.request(payload)));
    await expect(agent.request('!')).rejects.toMatchObject({
      cause: {
        code: 'QueueFull',
        message: 'Too much waits for the plugin: 10 bytes are waiting, 10 are allowed with the 1 of this one',
      },
    });
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D']);
  });

  it('that is given up while it waits is none that its agent waits for', async () => {
    const agent = await sideBySide({ module: COUNTS, maxQueued: 5 });
    const controller = new AbortController();
    const looping = agent.request('a request that makes it loop', { signal: controller.signal });
    const waiting = agent.request('12345', { signal: AbortSignal.abort(new Error('not needed')) });
    await expect(waiting).rejects.toThrow('not needed');
    const given = new AbortController();
    const givenUp = agent.request('12345', { signal: given.signal });
    given.abort(new Error('never mind'));
    await expect(givenUp).rejects.toThrow('never mind');
    const answer = textOf(agent.request('67890'));
    await waitFor(agent.actor, ({ context }) => context.pendingRequests === 2);
    controller.abort(new Error('enough'));
    await expect(looping).rejects.toThrow('enough');
    expect(await answer).toBe('A');
  });

  it('fails with what the plugin has said, where that is more than how it ended', async () => {
    const agent = await running({ module: SAYS_AND_TRAPS });
    await expect(agent.request('no such word')).rejects.toThrow('The plugin failed: no such word');
  });

  it('may keep no more in variables than their limit', async () => {
    const agent = await running({ module: KEEPS_EACH, maxVarBytes: 600 });
    await agent.request('a');
    await agent.request('b');
    await agent.request('a');
    await expect(agent.request('c')).rejects.toThrow('variables hold more than 600 bytes');
    expect(agent.state).toBe('running');
  });

  it('finds each value of its config, whatever characters it has', async () => {
    const config = {
      plain: 'value',
      '\uFEFFwith a BOM': 'é\n\0🙂',
      '': 'nameless',
      empty: '',
      toString: 'text',
    };
    const agent = await running({ module: ASKS_CONFIG, config });
    const found = await Promise.all(Object.keys(config).map((name) => textOf(agent.request(name))));
    expect(found).toEqual(Object.values(config));
    expect(await textOf(agent.request('constructor'))).toBe('');
  });

  it('is JSON for the plugin where it is neither text nor bytes', async () => {
    const agent = await running({ module: ECHOES });
    expect(await textOf(agent.request({ text: ['a'] }))).toBe('{"text":["a"]}');
  });

  it.each<[string, unknown, string]>([
    ['too large', 'a'.repeat(11), 'InputTooLarge'],
    ['neither text nor bytes nor JSON', { found: new Map() }, 'InputInvalid'],
  ])('is refused when it is %s', async (_, payload, code) => {
    const agent = await running({ module: ANSWERS, maxInput: 10 });
    await expect(agent.request(payload)).rejects.toMatchObject({ code: 'RequestFailed', cause: { code } });
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [undefined, 'expected object'],
    [{}, 'expected the path of a WebAssembly module, or its bytes'],
    [{ module: 'a.wasm', requestTimeout: 1_000 }, 'requestTimeout'],
    [{ module: 'a.wasm', maxMemory: 5 }, 'maxMemory'],
    [{ module: 'a.wasm', colour: 'red' }, 'colour'],
    [{ module: 'a\0.wasm' }, 'expected a path without a NUL'],
    [{ module: 'a.wasm', allowedPaths: { '/a': '/tmp\0' } }, 'expected a path without a NUL'],
    [{ module: 'a.wasm', config: { key: '\uD800' } }, 'expected a text without half a surrogate pair'],
    [{ module: 'a.wasm', config: { '\uD800': '' } }, 'Invalid key in record'],
    [
      { module: 'a.wasm', config: JSON.parse('{"__proto__":"a"}') as unknown },
      '"__proto__" cannot be used in config',
    ],
    [{ module: 'a.wasm', allowedHosts: ['https://a.b'] }, 'expected the name or address of a host'],
    [{ module: 'a.wasm', logLevel: 'loud' }, 'logLevel'],
  ])('are refused when the agent is deployed: %j', (options, detail) => {
    expect(() => deploy(options as WasmOptions)).toThrow(detail);
  });
});
