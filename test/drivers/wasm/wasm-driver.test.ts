import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SimulatedClock, waitFor } from 'xstate';
import {
  createAgentHost,
  type Agent,
  type AgentHost,
  type AgentSpec,
  type Clock,
} from '../../../src/index.js';
import { wasmDriver, type WasmOptions } from '../../../src/drivers/wasm/index.js';
import {
  ALLOCATES,
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
  REQUESTS_HTTP,
  TRAPS,
  VARIES,
} from './plugins.js';

const hosts: AgentHost[] = [];
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.shutdown({ force: true })));
  for (const server of servers.splice(0)) server.close();
});

function newHost(clock?: Clock): AgentHost {
  const host = createAgentHost({ drivers: { wasm: wasmDriver() }, ...(clock && { clock }) });
  hosts.push(host);
  return host;
}

function deploy(options: WasmOptions, spec: Partial<AgentSpec> = {}, host = newHost()): Agent {
  return host.deploy({ name: 'plugin', driver: 'wasm', options, ...spec });
}

async function running(options: WasmOptions): Promise<Agent> {
  const agent = deploy(options);
  expect(await agent.run()).toMatchObject({ error: null });
  return agent;
}

async function textOf(answer: Promise<unknown>): Promise<string> {
  return new TextDecoder().decode((await answer) as Uint8Array);
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
  ])('is refused when it is loaded: %s', async (_, options, reason) => {
    const agent = deploy(options);
    const { error } = await agent.load();
    expect([error?.code, agent.state, agent.record.failureReason]).toEqual([
      'OperationFailed',
      'failed',
      expect.stringContaining(reason),
    ]);
  });

  it('fails when it wants what its host does not give it', async () => {
    const agent = deploy({ module: MISSING_IMPORT });
    await agent.run();
    expect(agent.record.failureReason).toContain(
      'The plugin cannot be instantiated: WebAssembly.instantiate()',
    );
  });

  it.each([
    ['instantiated', LOOPS_IN_INSTANTIATION, 'instantiating'],
    ['started', LOOPS_IN_START, 'starting'],
  ])(
    'is cut at the transition timeout when it loops for ever while it is %s',
    async (_, module, operation) => {
      const clock = new SimulatedClock();
      const agent = deploy({ module }, {}, newHost(clock));
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
    const agent = deploy({ module: LOOPS_IN_STOP }, {}, newHost(clock));
    await agent.run();
    const stop = agent.stop();
    await waitFor(agent.actor, ({ context }) => context.operation === 'stopping');
    clock.increment(30_000);
    expect((await stop).error?.code).toBe('TimeoutExceeded');
  });
});

describe('a request', () => {
  it('is cut at its time limit, and the agent has a fresh instance for the next', async () => {
    const agent = await running({ module: COUNTS, requestTimeout: 1_000 });
    expect(await textOf(agent.request('a'))).toBe('A');
    await expect(agent.request('a request that makes it loop')).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: { code: 'TimeLimitExceeded' },
    });
    expect([await textOf(agent.request('a')), agent.state]).toEqual(['A', 'running']);
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

  it.each<[string, unknown, string]>([
    ['too large', 'a'.repeat(11), 'InputTooLarge'],
    ['neither text nor bytes', { text: 'a' }, 'InputInvalid'],
  ])('is refused when it is %s', async (_, payload, code) => {
    const agent = await running({ module: ANSWERS, maxInput: 10 });
    await expect(agent.request(payload)).rejects.toMatchObject({ code: 'RequestFailed', cause: { code } });
  });
});

describe('the network', () => {
  it('is only what the options grant', async () => {
    const server = createServer((_, response) => response.end('hello from outside'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const granted = await running({ module: REQUESTS_HTTP, allowedHosts: ['127.0.0.1'] });
    expect(await textOf(granted.request(JSON.stringify({ url })))).toBe('hello from outside');
    const elsewhere = await running({ module: REQUESTS_HTTP, allowedHosts: ['example.com'] });
    await expect(elsewhere.request(JSON.stringify({ url }))).rejects.toMatchObject({ code: 'RequestFailed' });
    const none = await running({ module: REQUESTS_HTTP });
    expect(await textOf(none.request(JSON.stringify({ url })))).toBe('');
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [undefined, 'expected object'],
    [{}, 'expected the path of a WebAssembly module, or its bytes'],
    [{ module: 'a.wasm', requestTimeout: 0 }, 'requestTimeout'],
    [{ module: 'a.wasm', maxMemory: 5 }, 'maxMemory'],
    [{ module: 'a.wasm', colour: 'red' }, 'colour'],
  ])('are refused when the agent is deployed: %j', (options, detail) => {
    expect(() => deploy(options as WasmOptions)).toThrow(detail);
  });
});
