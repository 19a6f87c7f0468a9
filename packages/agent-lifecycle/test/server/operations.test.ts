import { afterEach, describe, expect, it } from '@jest/globals';
import { type AgentHost, createAgentHost } from 'xstate-agent-lifecycle';
import { createAgentApp } from '../../src/server/agent-app.js';
import { turn } from '../../../../test/host/host-rig.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';

const hosts: AgentHost[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.shutdown({ force: true });
});

function served(driver = new ScriptedDriver()) {
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  hosts.push(host);
  const agent = host.deploy({ name: 'agent', driver: 'scripted' });
  const app = createAgentApp(host, { allowedHosts: ['localhost'], closing: new AbortController().signal });
  const call = async (method: string, path: string, body?: string) => {
    const headers = { host: 'localhost' };
    const response = await app.request(path, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : text };
  };
  return { host, agent, app, driver, call };
}

async function running(driver = new ScriptedDriver()) {
  const rig = served(driver);
  await rig.agent.run();
  return rig;
}

describe('the probes', () => {
  it('tell that the host lives, and has not come up, before its agents run', async () => {
    const { call } = served();
    const probes = await Promise.all(['/livez', '/startupz', '/readyz'].map((path) => call('GET', path)));
    expect(probes).toEqual([
      { status: 200, body: { status: 'ok', agents: { unloaded: 1 } } },
      { status: 503, body: { status: 'starting', agents: { unloaded: 1 } } },
      { status: 503, body: { status: 'unready', agents: { unloaded: 1 } } },
    ]);
  });

  it('tell that it has come up once they do', async () => {
    const { call } = await running();
    const probes = await Promise.all(['/livez', '/startupz', '/readyz'].map((path) => call('GET', path)));
    expect(probes.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('tell that it is not ready while an agent is cordoned', async () => {
    const { agent, call } = await running();
    agent.cordon();
    expect((await call('GET', '/readyz')).status).toBe(503);
  });

  it('tell that it is not ready in the delay before a drain, in which requests are still served', async () => {
    const { host, agent, call } = await running();
    const shutdown = host.shutdown({ preDrainDelay: 60_000 });
    expect((await call('GET', '/readyz')).status).toBe(503);
    expect(await agent.request('served')).toBe('served');
    await host.shutdown({ force: true });
    await shutdown;
  });
});

describe('GET /health', () => {
  it.each([
    ['running', async () => running(), { status: 'healthy', reason: null }],
    [
      'cordoned',
      async () => {
        const rig = await running();
        rig.agent.cordon();
        return rig;
      },
      { status: 'degraded', reason: 'cordoned' },
    ],
    [
      'draining',
      async () => {
        const rig = await running(new ScriptedDriver().hold('handle'));
        void rig.agent.request('x').catch(() => null);
        await turn();
        void rig.agent.drain();
        await turn();
        return rig;
      },
      { status: 'degraded', reason: 'draining' },
    ],
    [
      'failed',
      async () => {
        const rig = await running();
        await rig.agent.fail('told to');
        return rig;
      },
      { status: 'unhealthy', reason: 'told to' },
    ],
    ['not loaded', () => Promise.resolve(served()), { status: 'unknown', reason: 'unloaded' }],
  ])('of an agent that is %s', async (_, begin, health) => {
    const { call, host } = await begin();
    expect((await call('GET', '/health')).body).toEqual({ agent: health });
    expect(host.health()).toEqual({ agent: health });
  });
});

describe('the journal', () => {
  it('is listed, after some entry', async () => {
    const { call } = await running();
    const { body } = await call('GET', '/agents/agent/journal?after=8');
    expect(body).toMatchObject([
      { sequence: 9, type: 'operation', operation: 'starting', outcome: 'done' },
      {
        sequence: 10,
        type: 'transition',
        from: 'ready.starting',
        to: 'running.serving',
        event: 'xstate.done.actor.starting',
      },
    ]);
  });

  it('is streamed as it grows, from where a reader was', async () => {
    const { app, agent } = await running();
    const response = await app.request('/agents/agent/journal/events', {
      headers: { host: 'localhost', 'last-event-id': '9' },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    agent.cordon();
    while (!text.includes('"cordoned"')) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    expect([...text.matchAll(/^id: \S+:(\d+)$/gm)].map(([, id]) => id)).toEqual(['10', '11']);
  });
});

describe('a command over HTTP', () => {
  it('runs an agent, and one that has ended as its next generation', async () => {
    const { call } = served();
    expect(await call('POST', '/agents/agent/run')).toMatchObject({
      status: 200,
      body: { agent: { state: 'running', generation: 1 } },
    });
    await call('POST', '/agents/agent/stop');
    expect(await call('POST', '/agents/agent/run')).toMatchObject({
      status: 200,
      body: { agent: { state: 'running', generation: 2 } },
    });
  });

  it('drains, and reports', async () => {
    const { call } = await running();
    expect((await call('POST', '/agents/agent/drain')).body).toMatchObject({
      result: { success: true },
      report: { completed: 0, aborted: [], abandoned: [], forced: false },
    });
  });

  it('cordons and uncordons', async () => {
    const { call } = await running();
    const answers = [await call('POST', '/agents/agent/cordon')];
    answers.push(await call('POST', '/agents/agent/requests', 'x'));
    answers.push(await call('POST', '/agents/agent/uncordon'));
    answers.push(await call('POST', '/agents/agent/requests', 'x'));
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 200, 200]);
    expect(answers[1]?.body).toMatchObject({ error: { code: 'AgentCordoned', agent: 'agent' } });
  });

  it('swaps', async () => {
    const { call } = await running();
    expect(await call('POST', '/agents/agent/swap', '{"versionNumber":2}')).toMatchObject({
      status: 200,
      body: { swapped: true, serving: 2, agent: { generation: 2, versionNumber: 2, state: 'running' } },
    });
  });

  it.each([
    ['a version that is not higher', '{"versionNumber":1}', 409, { code: 'VersionNotHigher', current: 1 }],
    ['no version', '{}', 422, { code: 'InvalidValue', field: 'VersionNumber' }],
    ['null', 'null', 422, { code: 'InvalidValue', field: 'VersionNumber' }],
    ['what is no JSON', '{', 422, { code: 'InvalidValue', field: 'body' }],
  ])('does not swap to %s', async (_, body, status, error) => {
    const { call } = await running();
    expect(await call('POST', '/agents/agent/swap', body)).toMatchObject({ status, body: { error } });
  });

  it('tells of a swap whose new version does not start', async () => {
    const { call, driver } = await running();
    driver.throws.set('start', new Error('cannot'));
    expect(await call('POST', '/agents/agent/swap', '{"versionNumber":2}')).toMatchObject({
      status: 502,
      body: { swapped: false, serving: 1, error: { code: 'OperationFailed', reason: 'cannot' } },
    });
  });
});

describe('an agent whose driver cannot be made', () => {
  it.each([
    [new Error('no room'), 502],
    [Object.assign(new Error('no room'), { code: 'InvalidOptions' }), 422],
  ])('is not swapped, and why is said: %s', async (refusal, status) => {
    const { call, driver } = await running();
    driver.refusal = refusal;
    expect(await call('POST', '/agents/agent/swap', '{"versionNumber":2}')).toMatchObject({
      status,
      body: { error: { code: 'CandidateFailed', reason: 'no room' } },
    });
  });

  it('is not run again once it has ended, and why is said', async () => {
    const { call, agent, driver } = await running();
    await agent.stop();
    driver.refusal = new Error('no room');
    expect(await call('POST', '/agents/agent/run')).toMatchObject({
      status: 502,
      body: { error: { code: 'OperationFailed', reason: 'no room' } },
    });
  });
});

describe('a request to an agent that has failed', () => {
  it('is told of what', async () => {
    const { call, agent } = await running();
    await agent.fail('no database');
    expect(await call('POST', '/agents/agent/requests', 'x')).toMatchObject({
      status: 503,
      body: { error: { code: 'NotAcceptingRequests', state: 'failed', cause: 'no database' } },
    });
  });
});

describe('GET /metrics', () => {
  it('has what the agents did, by the conventions of Prometheus', async () => {
    const { call, agent } = await running();
    await agent.load();
    await agent.accept();
    await agent.stop();
    const { body } = await call('GET', '/metrics');
    const lines = (body as string).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'agent_lifecycle_transitions_total{agent="agent",from="ready",to="running"} 1',
        'agent_lifecycle_rejections_total{agent="agent",code="InvalidTransition"} 1',
        // What was abandoned is pending no more.
        'agent_lifecycle_pending_requests{agent="agent"} 0',
        'agent_lifecycle_agents{state="stopped"} 1',
        'agent_lifecycle_operation_duration_seconds_count{agent="agent",operation="loading",outcome="done"} 1',
        'agent_lifecycle_drain_duration_seconds_count{agent="agent",forced="true"} 1',
      ]),
    );
  });
});
