import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { mcpDriver } from '../../../src/drivers/mcp/index.js';
import { DriverRig } from '../driver-rig.js';

const SERVER = fileURLToPath(new URL('agents/raw-server.mjs', import.meta.url));
/** What the server has heard when it has started: its cursor leads once in a circle. */
const START = 'initialize,notifications/initialized,tools/list,tools/list';
/** More than the kernel takes for a child that does not read. */
const LARGE = 'a'.repeat(700_000);
const rig = new DriverRig(mcpDriver());

function running(options: object = {}) {
  return rig.running({ command: process.execPath, args: [SERVER], ...options });
}

function text(said: string) {
  return { content: [{ type: 'text', text: said }] };
}

describe('what a server says that is no message', () => {
  it('is skipped, counted, passed on as output, and told in the journal', async () => {
    const agent = await running();
    rig.output.length = 0;
    const before = rig.notices().length;
    expect(await agent.request({ tool: 'noise' })).toEqual(text('goes on'));
    expect([rig.output, rig.notices().slice(before)]).toEqual([
      [
        'stdout: Server v1 is up',
        'stdout: 17',
        'stdout: {"level":"info"}',
        'stdout: {"jsonrpc":"2.0"}',
        'stdout: {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}',
        'stdout: \ufffd',
      ],
      ['Skipped 1 line on stdout: no message. The last: ""'],
    ]);
  });

  it('fails the request that it claims to answer, and no other', async () => {
    const agent = await running();
    await expect(agent.request({ tool: 'malformed' })).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining('"result\\":null}" is no answer') as unknown,
      cause: { code: 'Nonsense' },
    });
    expect(await agent.request({ tool: 'oddInput' })).toEqual(text('goes on'));
  });

  it('harms nobody where it answers what was never asked, nested too deep for any stack', async () => {
    const agent = await running();
    expect(await agent.request({ tool: 'deep' })).toEqual(text('goes on'));
  });
});

describe('the tools of a server', () => {
  it('are those that have a name, whatever else is in the list', async () => {
    const agent = await running();
    expect(await agent.request({ tool: 'oddInput' })).toEqual(text('goes on'));
    expect(rig.notices()).toEqual(["Skipped 10 of the server's tools: they have no name"]);
  });

  it('are asked for again when the server has said that they have changed', async () => {
    const agent = await running();
    await agent.request({ tool: 'changes' });
    expect(await agent.request({ tool: 'heard' })).toEqual(
      text(`${START},changes,tools/list,tools/list,heard`),
    );
  });

  it('are not asked for when they are known', async () => {
    const agent = await running();
    await agent.request({ tool: 'learn' });
    expect(await agent.request({ tool: 'heard' })).toEqual(text(`${START},learn,heard`));
  });

  it('are waited for by each caller, whoever gives up', async () => {
    const agent = await running();
    await agent.request({ tool: 'learn' });
    await agent.request({ tool: 'hold' });
    const controller = new AbortController();
    const first = agent.request({ tool: 'learnt' }, { signal: controller.signal });
    const second = agent.request({ tool: 'learnt' });
    setImmediate(() => {
      controller.abort(new Error('never mind'));
    });
    await expect(first).rejects.toThrow('never mind');
    expect(await agent.request({ tool: 'heard' })).toEqual(text(`${START},learn,hold,tools/list,heard`));
    // The second page is held, too.
    await agent.request({ tool: 'heard' });
    expect(await second).toEqual(text('what I have learnt'));
  });
});

describe('the answer of a tool', () => {
  it.each([
    ['that is of its schema', 'number', { n: 1 }],
    ['of a tool whose schema has the `$id` of another', 'text', { n: 'one' }],
  ])('is passed on: one %s', async (_, tool, structuredContent) => {
    const agent = await running();
    await agent.request({ tool: 'number', arguments: { n: 1 } });
    expect(await agent.request({ tool, arguments: structuredContent })).toEqual({
      content: [],
      structuredContent,
    });
  });

  it('is passed on with content of a kind that is not known, and all else that it has', async () => {
    const agent = await running();
    expect(await agent.request({ tool: 'kinds' })).toEqual({
      content: [{ type: 'hologram', depth: 3 }],
      later: true,
    });
  });

  it.each([
    ['is not of its schema', 'number', { n: 'one' }, 'data/n must be number'],
    ['has no content that is a list', 'nothing', {}, 'expected array, received string'],
  ])('fails the request where it %s', async (_, tool, given, detail) => {
    const agent = await running();
    await expect(agent.request({ tool, arguments: given })).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining(detail) as unknown,
      cause: { code: 'AnswerInvalid' },
    });
    expect(agent.state).toBe('running');
  });

  it('is not judged where the server has said since that its tools have changed', async () => {
    const agent = await running();
    expect(await agent.request({ tool: 'changes' })).toEqual({
      content: [],
      structuredContent: { n: 'by a new schema' },
    });
  });

  it.each([
    ['cannot be used', 'oddOutput', "can't resolve reference #/nowhere"],
    ['takes too long', 'slow', 'Script execution timed out after 500ms'],
  ])('is not judged by a schema that %s, which is told once', async (_, tool, detail) => {
    const agent = await running();
    const before = rig.notices().length;
    for (let count = 1; count <= 2; count++) {
      expect(await agent.request({ tool })).toHaveProperty('structuredContent');
    }
    expect(rig.notices().slice(before)).toEqual([
      expect.stringContaining(`The output schema of the tool ${tool} cannot be used: ${detail}`),
    ]);
  });

  it('is judged no more where a schema of its server took too long', async () => {
    const agent = await running();
    await agent.request({ tool: 'slow' });
    const structuredContent = { n: 'one' };
    expect(await agent.request({ tool: 'number', arguments: structuredContent })).toEqual({
      content: [],
      structuredContent,
    });
  });

  it('says that it says nothing where it is an error without a text', async () => {
    const agent = await running();
    await expect(agent.request({ tool: 'wordless' })).rejects.toThrow('The tool failed: it does not say why');
  });
});

describe('a call', () => {
  it('has each of its arguments reach the tool, whatever its name', async () => {
    const agent = await running();
    const given = '{"n":1,"__proto__":2,"constructor":3,"a.b":4}';
    const answer = await agent.request(`{"tool":"number","arguments":${given}}`);
    expect(JSON.stringify((answer as { structuredContent: unknown }).structuredContent)).toBe(given);
  });

  it.each([
    ['a number that is no JSON', { n: 1n }, '"n" is a bigint, which is no JSON'],
    ['a Map', { n: new Map() }, '"n" is a Map, which is no JSON'],
  ])('is refused with %s', async (_, given, detail) => {
    const agent = await running();
    await expect(agent.request({ tool: 'number', arguments: given })).rejects.toMatchObject({
      message: `The agent failed the request: The request is no call of a tool: ${detail}`,
      cause: { code: 'InputInvalid' },
    });
  });

  it('can be given up for any reason', async () => {
    const agent = await running();
    await agent.request({ tool: 'pause' });
    const controller = new AbortController();
    const request = agent.request({ tool: 'number' }, { signal: controller.signal });
    const reason: unknown = Object.create(null);
    setImmediate(() => {
      controller.abort(reason);
    });
    expect(await request.catch((error: unknown) => error)).toBe(reason);
  });

  it('fails at once when more bytes wait for the server than its options say', async () => {
    const agent = await running({ stdin: 64 * 1024, escalation: { eof: 0 } });
    await agent.request({ tool: 'pause' });
    const controller = new AbortController();
    const { signal } = controller;
    const waits = agent.request({ tool: 'number', arguments: { LARGE } }, { signal });
    await expect(agent.request({ tool: 'heard' })).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining('The process does not read its stdin') as unknown,
      cause: { name: 'ChildGroupError', code: 'StdinFull' },
    });
    controller.abort(new Error('never mind'));
    await expect(waits).rejects.toThrow('never mind');
    expect(agent.state).toBe('running');
  });

  it('leaves nothing behind when it is given up before it was written', async () => {
    const agent = await running({ stdin: 2 * 1024 * 1024, escalation: { eof: 0 } });
    await agent.request({ tool: 'pause' });
    for (let count = 1; count <= 24; count++) {
      const controller = new AbortController();
      const { signal } = controller;
      const request = agent.request({ tool: 'number', arguments: { LARGE } }, { signal });
      setImmediate(() => {
        controller.abort(new Error('never mind'));
      });
      await expect(request).rejects.toThrow('never mind');
    }
  });
});
