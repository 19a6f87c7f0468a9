import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SimulatedClock, waitFor } from 'xstate';
import { createAgentHost, type Agent, type AgentHost, type Clock } from '../../../src/index.js';
import { mcpDriver, type McpOptions } from '../../../src/drivers/mcp/index.js';
import { untilNoneWith } from '../process/processes.js';
import { driven, DriverCall, outOfTime } from '../driven.js';
import { serverThat } from './fixture.js';

const EXAMPLE: McpOptions = { command: process.execPath, args: ['examples/agents/tools-mcp.js'] };
const hosts: AgentHost[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.shutdown({ force: true })));
});

function deploy(options: unknown, clock?: Clock): Agent {
  const host = createAgentHost({ drivers: { mcp: mcpDriver() }, ...(clock && { clock }) });
  hosts.push(host);
  return host.deploy({ name: 'server', driver: 'mcp', options });
}

async function running(options: McpOptions): Promise<Agent> {
  const agent = deploy(options);
  expect(await agent.run()).toMatchObject({ error: null });
  return agent;
}

async function ended(agent: Agent): Promise<(string | null)[]> {
  await waitFor(agent.actor, (snapshot) => snapshot.hasTag('terminal'));
  return [agent.state, agent.record.failureReason];
}

function text(said: string) {
  return { content: [{ type: 'text', text: said }] };
}

describe('an agent that is an MCP server', () => {
  it.each([
    ['an object', { tool: 'add', arguments: { a: 1, b: 2 } }],
    ['JSON text', '{"tool":"add","arguments":{"a":1,"b":2}}'],
    ['the bytes of JSON text', new TextEncoder().encode('{"tool":"add","arguments":{"a":1,"b":2}}')],
  ])('answers the call of a tool that is %s', async (_, payload) => {
    const agent = await running(EXAMPLE);
    expect(await agent.request(payload)).toEqual(text('3'));
  });

  it('has the tool of its options called with the request as arguments', async () => {
    const agent = await running({ ...EXAMPLE, tool: 'word_count' });
    expect(await agent.request({ text: 'hello big world' })).toEqual(text('3'));
  });

  it('answers the call of a tool that it came to have later', async () => {
    const agent = await running(serverThat('echo'));
    await agent.request({ tool: 'learn' });
    expect(await agent.request({ tool: 'learnt' })).toEqual(text('what I have learnt'));
  });

  it('is told that nobody waits for an answer any more', async () => {
    const agent = await running(serverThat('echo'));
    expect(await agent.request({ tool: 'heard' })).toEqual(text(''));
    const controller = new AbortController();
    const request = agent.request({ tool: 'wait' }, { signal: controller.signal });
    expect(await agent.request({ tool: 'heard' })).toEqual(text('wait'));
    controller.abort(new Error('never mind'));
    await expect(request).rejects.toThrow('never mind');
    expect(await agent.request({ tool: 'heard' })).toEqual(text('wait,cancelled'));
  });

  it('is told so, too, when the time of a request is over', async () => {
    const { driver } = await driven(mcpDriver(), serverThat('echo'));
    const call = new DriverCall();
    const request = driver.handle({ tool: 'wait' }, call);
    expect(await driver.handle({ tool: 'heard' }, new DriverCall())).toEqual(text('wait'));
    const reason = outOfTime();
    call.abort(reason);
    await expect(request).rejects.toBe(reason);
    expect(await driver.handle({ tool: 'heard' }, new DriverCall())).toEqual(text('wait,cancelled'));
  });

  it('has its progress passed on', async () => {
    const { driver } = await driven(mcpDriver(), serverThat('reportsProgress'));
    const call = new DriverCall();
    expect(await driver.handle({ tool: 'echo', arguments: { text: 'a' } }, call)).toEqual(text('a'));
    expect(call.reports).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3 })));
  });
});

describe('a request', () => {
  it.each<[string, unknown]>([
    ['no JSON', 'add 1 and 2'],
    ['bytes that are no text', Uint8Array.of(0xff)],
    ['no call of a tool', { arguments: { a: 1 } }],
    ['arguments that are no object', { tool: 'add', arguments: [1, 2] }],
  ])('is refused when it is %s', async (_, payload) => {
    const agent = await running(EXAMPLE);
    await expect(agent.request(payload)).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: { code: 'InputInvalid' },
    });
  });

  it('fails when there is no such tool', async () => {
    const agent = await running(EXAMPLE);
    await expect(agent.request({ tool: 'multiply' })).rejects.toMatchObject({
      code: 'RequestFailed',
      message: 'The agent failed the request: The server has no such tool: multiply',
      cause: { code: 'UnknownTool' },
    });
  });

  it('fails when the tool fails, with its result', async () => {
    const agent = await running(serverThat('failsRequests'));
    await expect(agent.request({ tool: 'echo', arguments: { text: '' } })).rejects.toMatchObject({
      code: 'RequestFailed',
      message: 'The agent failed the request: The tool failed: no answer to that',
      cause: { code: 'ToolError', cause: { ...text('no answer to that'), isError: true } },
    });
    expect(agent.state).toBe('running');
  });
});

describe('a server that cannot run', () => {
  it('is refused when it is loaded', async () => {
    const agent = deploy({ command: 'no-such-command' });
    await agent.load();
    expect(agent.record.failureReason).toBe('The command cannot be found: no-such-command');
  });

  it.each([
    ['it ends', serverThat('failsToStart'), 'The process has ended: exit code 4: not today'],
    [
      'it answers with an error',
      serverThat('refusesToStart'),
      'The server answered with an error: MCP error -32603: not today',
    ],
    [
      'it does not have the tool of its options',
      { ...EXAMPLE, tool: 'multiply' },
      'The server has no such tool: multiply',
    ],
  ])('fails to start: %s', async (_, options, reason) => {
    const agent = deploy(options);
    expect((await agent.run()).error?.code).toBe('OperationFailed');
    expect(await ended(agent)).toEqual(['failed', reason]);
  });

  it('is killed at the transition timeout when it never shakes hands', async () => {
    const clock = new SimulatedClock();
    const mark = randomUUID();
    const agent = deploy(serverThat('hangsInStart', mark), clock);
    const run = agent.run();
    await waitFor(agent.actor, ({ context }) => context.operation === 'starting');
    clock.increment(30_000);
    expect([(await run).error?.code, await untilNoneWith(mark)]).toEqual(['TimeoutExceeded', []]);
  });
});

describe('a server that ends by itself', () => {
  it.each([
    ['has failed', 'crashesInRequest', 'AgentFailed', 'failed', 'exit code 3: it was all too much'],
    ['has stopped when it ended with success', 'finishesInRequest', 'AgentStopped', 'stopped', null],
  ])('%s', async (_, behaviour, code, state, how) => {
    const agent = await running(serverThat(behaviour));
    await expect(agent.request({ tool: 'echo', arguments: { text: '' } })).rejects.toMatchObject({ code });
    expect(await ended(agent)).toEqual([state, how === null ? null : `The process has ended: ${how}`]);
  });

  it('is killed, and has failed, when it says more at once than a message may have', async () => {
    const mark = randomUUID();
    const agent = await running(serverThat('talksNonsense', mark));
    await expect(agent.request({ tool: 'echo', arguments: { text: '' } })).rejects.toBeInstanceOf(Error);
    expect(await ended(agent)).toEqual([
      'failed',
      'The server has said what is no message of MCP: a line of more than 10485760 bytes',
    ]);
    expect(await untilNoneWith(mark)).toEqual([]);
  });
});

describe('stopping', () => {
  it('leaves nothing behind of a server that ignores it', async () => {
    const mark = randomUUID();
    const agent = await running({
      ...serverThat('hangsInStop', mark),
      escalation: { eof: 100, term: 100 },
    });
    expect(await agent.drain()).toMatchObject({ result: { success: true, currentState: 'stopped' } });
    expect(await untilNoneWith(mark)).toEqual([]);
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [{}, 'command'],
    [{ command: 'sh', tool: '' }, 'tool'],
    [{ command: 'sh', maxLine: 1_000 }, 'maxLine'],
    [{ command: 'sh', env: { 'a.b': 'c' } }, 'env'],
  ])('are refused when the agent is deployed: %j', (options, detail) => {
    expect(() => deploy(options)).toThrow(detail);
  });
});
