import { afterEach, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { type AgentHost, createAgentHost, functionDriver } from 'xstate-agent-lifecycle';
import { createAgentApp } from '../../src/server/agent-app.js';
import { serveAgents, type AgentServer, type ServeOptions } from '../../src/server/serve-agents.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';
import { VERSION } from '../../../../test/lifecycle-rig.js';

const open: { host: AgentHost; server: AgentServer }[] = [];

afterEach(async () => {
  for (const { host, server } of open.splice(0)) {
    await host.shutdown({ force: true });
    await server.close();
  }
});

async function served(driver = new ScriptedDriver(), options: Partial<ServeOptions> = {}) {
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  const agent = host.deploy({ name: 'agent', driver: 'scripted', version: VERSION, versionNumber: 3 });
  const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0, ...options });
  open.push({ host, server });
  const call = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}${path}`, { method, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  return { host, agent, server, driver, call };
}

async function running(driver = new ScriptedDriver(), options: Partial<ServeOptions> = {}) {
  const rig = await served(driver, options);
  await rig.agent.run();
  return rig;
}

/** A body that is sent in chunks. */
function streamed(parts: readonly string[]): RequestInit {
  const body = new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  return { body, duplex: 'half' } as RequestInit;
}

const VIEW = {
  name: 'agent',
  state: 'unloaded',
  leaf: 'unloaded.idle',
  operation: null,
  timer: null,
  version: VERSION,
  versionNumber: 3,
  generation: 1,
  health: { status: 'unknown', reason: 'unloaded' },
  supervision: 'unwanted',
  isCordoned: false,
  waitsFor: [],
  swapUnderWay: null,
  pendingRequests: 0,
  requests: { streaming: 0, queued: 0, concurrency: 10_000, queue: 1_000 },
  failureReason: null,
  accepts: ['agent.load', 'agent.fail'],
};

describe('GET /agents', () => {
  it('lists the agents in their order', async () => {
    const { call, host } = await served();
    host.deploy({ name: 'another', driver: 'scripted', version: VERSION });
    expect(await call('GET', '/agents')).toEqual({
      status: 200,
      body: [VIEW, { ...VIEW, name: 'another', versionNumber: 1 }],
    });
  });

  it('shows for whom an agent waits, and a swap for as long as it is under way', async () => {
    const { call, host, driver } = await served();
    host.deploy({ name: 'waiting', driver: 'scripted', dependsOn: ['agent'] });
    const shown = async (name: string) => {
      const { body } = await call('GET', `/agents/${name}`);
      const { waitsFor, swapUnderWay } = body as Record<string, unknown>;
      return { waitsFor, swapUnderWay };
    };
    const seen = [await shown('waiting')];
    await host.run();
    seen.push(await shown('waiting'));
    driver.hold('start');
    const swap = host.agent('waiting').swap({ versionNumber: 2, version: VERSION });
    while (driver.count('start') < 3) await Promise.resolve();
    seen.push(await shown('waiting'));
    driver.last('start').resolve();
    await swap;
    seen.push(await shown('waiting'));
    const rest = { waitsFor: [], swapUnderWay: null };
    const swapUnderWay = { generation: 2, version: VERSION, versionNumber: 2, phase: 'comingUp' };
    expect(seen).toEqual([{ ...rest, waitsFor: ['agent'] }, rest, { ...rest, swapUnderWay }, rest]);
  });

  it('shows the requests in work, those that stream and those that wait, and how many there may be', async () => {
    const { call, host } = await served();
    const handle = () => new ReadableStream();
    const limits = { concurrency: 2, queue: 5 };
    const agent = host.deploy({ name: 'busy', driver: functionDriver(handle), requests: limits });
    await agent.run();
    for (let count = 0; count < 3; count++) void agent.request('go').catch(() => undefined);
    while (agent.requests.streaming < 2) await Promise.resolve();
    const { body } = await call('GET', '/agents/busy');
    expect(body).toMatchObject({
      pendingRequests: 2,
      requests: { streaming: 2, queued: 1, concurrency: 2, queue: 5 },
    });
    await agent.stop();
  });

  it('shows one by its name', async () => {
    const { call } = await served();
    expect(await call('GET', '/agents/agent')).toEqual({ status: 200, body: VIEW });
  });

  it('knows no other', async () => {
    const { call } = await served();
    expect(await call('GET', '/agents/nobody')).toEqual({
      status: 404,
      body: { error: { code: 'UnknownAgent', agent: 'nobody', message: 'No agent is named "nobody"' } },
    });
  });
});

describe('POST /agents/:name/requests', () => {
  it("answers with the agent's answer", async () => {
    const { call } = await running();
    expect(await call('POST', '/agents/agent/requests', { body: 'hello ✓' })).toEqual({
      status: 200,
      body: 'hello ✓',
    });
  });

  it('is refused with 503 by an agent that does not accept', async () => {
    const { call } = await served();
    expect(await call('POST', '/agents/agent/requests', { body: 'hello' })).toEqual({
      status: 503,
      body: {
        error: {
          code: 'NotAcceptingRequests',
          agent: 'agent',
          state: 'unloaded',
          message: 'The agent accepts no requests: Agent is not accepting requests in state: unloaded',
        },
      },
    });
  });

  it.each([
    ['with 502', new Error('boom'), 502],
    [
      'with 413 when it is too large for the agent',
      Object.assign(new Error('boom'), { code: 'InputTooLarge' }),
      413,
    ],
  ])('fails %s when the agent does', async (_, error, status) => {
    const driver = new ScriptedDriver();
    driver.throws.set('handle', error);
    const { call } = await running(driver);
    expect(await call('POST', '/agents/agent/requests', { body: 'hello' })).toMatchObject({
      status,
      body: {
        error: { code: 'RequestFailed', agent: 'agent', message: 'The agent failed the request: boom' },
      },
    });
  });

  it('fails with 503 when the agent goes', async () => {
    const { call, agent, driver } = await running(new ScriptedDriver().hold('handle'));
    const answer = call('POST', '/agents/agent/requests', { body: 'hello' });
    await until(() => driver.count('handle') === 1);
    await agent.stop();
    expect(await answer).toMatchObject({ status: 503, body: { error: { code: 'AgentStopped' } } });
  });

  it('is given up when its client is gone', async () => {
    const { server, driver } = await running(new ScriptedDriver().hold('handle'));
    const controller = new AbortController();
    const answer = fetch(`${server.url}/agents/agent/requests`, {
      method: 'POST',
      body: 'hello',
      signal: controller.signal,
    });
    await until(() => driver.count('handle') === 1);
    controller.abort();
    await expect(answer).rejects.toThrow();
    await until(() => driver.last('handle').signal.aborted);
  });

  it.each<[string, () => RequestInit]>([
    ['a body', () => ({ body: 'a'.repeat(11) })],
    ['a body of a length that nobody tells', () => streamed(['a'.repeat(6), 'a'.repeat(5)])],
  ])('with %s over the limit is refused with 413', async (_, init) => {
    const { call, driver } = await running(new ScriptedDriver(), { maxBody: 10 });
    expect(await call('POST', '/agents/agent/requests', init())).toEqual({
      status: 413,
      body: { error: { code: 'BodyTooLarge', message: 'The body is larger than 10 bytes', limit: 10 } },
    });
    expect(driver.count('handle')).toBe(0);
  });

  it.each<[string, () => RequestInit]>([
    ['a body', () => ({ body: new TextEncoder().encode('a'.repeat(10)) })],
    ['a body of a length that nobody tells', () => streamed(['a'.repeat(6), 'a'.repeat(4)])],
  ])('with %s up to the limit is answered', async (_, init) => {
    const { call, driver } = await running(new ScriptedDriver(), { maxBody: 10 });
    expect(await call('POST', '/agents/agent/requests', init())).toMatchObject({ status: 200 });
    expect(driver.last('handle').payload).toEqual(new TextEncoder().encode('a'.repeat(10)));
  });
});

describe('POST /agents/:name/<command>', () => {
  it('carries the command out', async () => {
    const { call } = await served();
    const steps = [
      ['load', 'unloaded', 'loaded'],
      ['unload', 'loaded', 'unloaded'],
      ['load', 'unloaded', 'loaded'],
      ['instantiate', 'loaded', 'ready'],
      ['start', 'ready', 'running'],
      ['drain', 'running', 'stopped'],
    ] as const;
    for (const [command, previousState, currentState] of steps) {
      expect(await call('POST', `/agents/agent/${command}`)).toMatchObject({
        status: 200,
        body: {
          result: { success: true, previousState, currentState, error: null },
          agent: { name: 'agent', state: currentState },
        },
      });
    }
  });

  it('is refused with 409 where the state does not take it', async () => {
    const { call } = await served();
    expect(await call('POST', '/agents/agent/stop')).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'InvalidTransition',
          from: 'unloaded',
          to: 'stopped',
          message: 'Invalid state transition from unloaded to stopped',
        },
        agent: VIEW,
      },
    });
  });

  it('fails with 502 when the operation does', async () => {
    const driver = new ScriptedDriver();
    driver.throws.set('load', new Error('boom'));
    const { call } = await served(driver);
    expect(await call('POST', '/agents/agent/load')).toMatchObject({
      status: 502,
      body: {
        error: { code: 'OperationFailed', reason: 'boom' },
        agent: { state: 'failed', failureReason: 'boom' },
      },
    });
  });

  it('load brings up the next generation of an agent that has ended', async () => {
    const { call, agent } = await served();
    await agent.fail('told to');
    expect(await call('POST', '/agents/agent/load')).toMatchObject({
      status: 200,
      body: { agent: { state: 'loaded', generation: 2, version: VERSION, versionNumber: 3 } },
    });
  });

  it('with a body is refused with 422', async () => {
    const { call } = await served();
    expect(await call('POST', '/agents/agent/load', { body: '{}' })).toMatchObject({
      status: 422,
      body: { error: { code: 'UnexpectedBody' } },
    });
  });

  it('that there is not is not found', async () => {
    const { call } = await served();
    expect(await call('POST', '/agents/agent/dance')).toEqual({
      status: 404,
      body: { error: { code: 'NotFound', message: 'There is no POST /agents/agent/dance' } },
    });
  });
});

describe('GET /agents/:name/events', () => {
  it('streams transitions and refusals, across generations, until the server closes', async () => {
    const { agent, host, server } = await served();
    const response = await fetch(`${server.url}/agents/agent/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await agent.start();
    await agent.fail('told to');
    await host.deploy(agent.spec).load();
    await server.close();
    const events = [...(await response.text()).matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(
      ([, type, data]) => {
        const { at, ...event } = JSON.parse(String(data)) as { at: string };
        expect(new Date(at).getTime()).toBeLessThanOrEqual(Date.now());
        return [type, event];
      },
    );
    expect(events).toEqual([
      [
        'lifecycle.rejected',
        {
          agent: 'agent',
          generation: 1,
          event: 'agent.start',
          error: {
            code: 'InvalidTransition',
            from: 'unloaded',
            to: 'running',
            message: 'Invalid state transition from unloaded to running',
          },
          accepts: ['agent.load', 'agent.fail'],
        },
      ],
      [
        'lifecycle.transitioned',
        { agent: 'agent', generation: 1, event: 'agent.fail', from: 'unloaded', to: 'failed' },
      ],
      [
        'lifecycle.transitioned',
        { agent: 'agent', generation: 2, event: 'xstate.done.actor.loading', from: 'unloaded', to: 'loaded' },
      ],
    ]);
  });
});

describe('the events of an agent', () => {
  it('begin no stream for a HEAD request', async () => {
    const { server } = await served();
    const response = await fetch(`${server.url}/agents/agent/events`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/event-stream',
      '',
    ]);
  });

  it('end for a reader that lags too far behind', async () => {
    const { agent, host } = await served();
    const closing = new AbortController();
    let heard = 0;
    const watched: AgentHost = Object.create(host, {
      subscribe: {
        value: (...args: Parameters<AgentHost['subscribe']>) => {
          const subscription = host.subscribe(...args);
          heard++;
          return {
            unsubscribe: () => {
              heard--;
              subscription.unsubscribe();
            },
          };
        },
      },
    }) as AgentHost;
    const app = createAgentApp(watched, { allowedHosts: ['localhost'], closing: closing.signal });
    await app.request('http://localhost/agents/agent/events', { headers: { host: 'localhost' } });
    expect(heard).toBe(1);
    for (let count = 0; count < 1_100; count++) agent.actor.send({ type: 'agent.start' });
    await until(() => heard === 0);
  });
});

describe('the probes', () => {
  it('are ready while every agent that was not stopped is running', async () => {
    const { call, agent, host } = await served();
    const unready = { status: 503, body: { status: 'unready', agents: { unloaded: 1 } } };
    expect(await call('GET', '/readyz')).toEqual(unready);
    await agent.run();
    const other = host.deploy({ name: 'other', driver: 'scripted' });
    expect(await call('GET', '/readyz')).toMatchObject({ status: 503 });
    await other.run();
    await other.stop();
    expect(await call('GET', '/readyz')).toEqual({
      status: 200,
      body: { status: 'ready', agents: { running: 1, stopped: 1 } },
    });
  });

  it('are unready while the host shuts down, and healthy', async () => {
    const { call, host, driver, agent } = await running(new ScriptedDriver().hold('handle'));
    const request = agent.request('hello').catch(() => null);
    await until(() => driver.count('handle') === 1);
    const shutdown = host.shutdown();
    expect(await call('GET', '/readyz')).toEqual({
      status: 503,
      body: { status: 'unready', agents: { draining: 1 } },
    });
    expect(await call('GET', '/healthz')).toEqual({
      status: 200,
      body: { status: 'ok', agents: { draining: 1 } },
    });
    driver.last('handle').resolve();
    await Promise.all([request, shutdown]);
  });

  it('tell of a failed agent without giving up the host', async () => {
    const { call, agent } = await served();
    await agent.fail('told to');
    expect(await call('GET', '/healthz')).toEqual({
      status: 200,
      body: { status: 'degraded', agents: { failed: 1 } },
    });
  });
});

describe('the server', () => {
  /** fetch sets the host itself, so the bare client is used. */
  function statusFor(
    url: string,
    headers: Record<string, string>,
    method = 'GET',
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      httpRequest(url, { headers, method }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  }

  it.each([
    ['its own address', {}, 200],
    ['localhost', { host: 'localhost:4100' }, 200],
    ['a name that it was told', { host: 'agents.example:80' }, 200],
    ['a foreign host', { host: 'evil.example' }, 403],
    ['an own page', { host: 'localhost:4100', origin: 'http://localhost:4100' }, 200],
    ['a foreign page', { origin: 'http://evil.example' }, 403],
    ['a page on another port', { host: 'localhost:4100', origin: 'http://localhost:3000' }, 403],
    ['a page of no origin', { origin: 'null' }, 403],
  ])('called from %s', async (_, headers, status) => {
    const { server } = await served(new ScriptedDriver(), { allowedHosts: ['agents.example'] });
    expect(await statusFor(`${server.url}/agents`, headers)).toBe(status);
  });

  it('lets probes in under any name', async () => {
    const { server } = await running();
    expect(await statusFor(`${server.url}/readyz`, { host: '10.0.0.5' })).toBe(200);
  });

  it.each([
    ['no token', {}, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['no bearer', { authorization: 'Basic c2VjcmV0' }, 400],
    ['the token', { authorization: 'Bearer secret' }, 200],
  ])('that demands a token, called with %s', async (_, headers, status) => {
    const { call } = await running(new ScriptedDriver(), { token: 'secret' });
    expect((await call('GET', '/agents', { headers })).status).toBe(status);
    expect((await call('GET', '/readyz')).status).toBe(200);
  });

  it.each([
    ['without a token', '/agents', {}, 401],
    ['with no bearer', '/agents', { authorization: 'Basic c2VjcmV0' }, 400],
    ['for no agent', '/agents/none', { authorization: 'Bearer secret' }, 404],
    ['for its agents', '/agents', { authorization: 'Bearer secret' }, 200],
  ])(
    'that is called %s answers what nobody is to keep or to guess the type of',
    async (_, path, headers, status) => {
      const { server } = await running(new ScriptedDriver(), { token: 'secret' });
      const answer = await fetch(`${server.url}${path}`, { headers });
      const told = ['x-content-type-options', 'cache-control'].map((name) => answer.headers.get(name));
      expect([answer.status, ...told]).toEqual([status, 'nosniff', 'no-store']);
    },
  );

  it('says why it cannot listen', async () => {
    const { server, host } = await served();
    const port = Number(new URL(server.url).port);
    await expect(serveAgents(host, { hostname: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
