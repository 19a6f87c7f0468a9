import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLifecycleClient, type LifecycleClient } from '../../src/restate/index.js';
import { eventually } from './eventually.js';
import { HostProcess, killHosts } from './host-process.js';
import { RestateTestServer } from './restate-server.js';

let server: RestateTestServer;
/** Its operations are done at once. */
let host: HostProcess;
/** Its operations are held. */
let slow: HostProcess;
let client: LifecycleClient;
let count = 0;
/** Of any characters, since it is part of a URL; what follows `~` are the real milliseconds of each delay. */
const newName = (delay?: number) => `agent ${++count}/ü?${delay === undefined ? '' : `~${delay}`}`;
const spec = { host: 'one', driver: 'scripted' };
const slowSpec = { host: 'slow', driver: 'scripted', transitionTimeout: 1_000 };

beforeAll(async () => {
  server = await RestateTestServer.start();
  const { ingress, admin } = server;
  host = await HostProcess.start({ ingress, admin, host: 'one' });
  const hold = ['loading', 'instantiating', 'starting', 'stopping'];
  slow = await HostProcess.start({ ingress, admin, host: 'slow', parts: 'host', hold });
  client = createLifecycleClient({ ingress });
});

afterAll(async () => {
  killHosts();
  await server.dispose();
});

describe('an agent on Restate', () => {
  it('is brought up, serves, drains and stops', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    const { error, status } = await client.run(agent);
    expect([error, status.leaf, status.tags]).toEqual([
      null,
      'running.serving',
      ['running', 'active', 'accepting'],
    ]);
    await host.untilServing(agent);
    expect(await host.accept(agent)).toBe(null);
    expect((await client.command(agent, { type: 'agent.drain' })).status.leaf).toBe(
      'draining.awaitingRequests',
    );
    expect(await host.accept(agent)).toBe('NotAcceptingRequests');
    await host.complete(agent);
    const { context } = (await client.waitFor(agent, 'stopped')).position;
    expect([context.pendingRequests, context.forced, context.previousState]).toEqual([0, false, 'draining']);
    await host.untilCalled(agent, 'disposing');
    expect(host.callsFor(agent)).toEqual([
      'loading 1',
      'instantiating 1',
      'starting 1',
      'stopping 1',
      'disposing 1',
    ]);
  });

  it('is refused what its state does not take, and tells why', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    const codeOf = async (type: string) => (await client.command(agent, { type })).error?.code;
    expect([
      await codeOf('agent.start'),
      await codeOf('agent.unload'),
      await codeOf('request.accept'),
      await codeOf('agent.dance'),
    ]).toEqual(['InvalidTransition', 'AlreadyInState', 'NotAcceptingRequests', 'UnknownEvent']);
    const { error } = await client.command(agent, { type: 'agent.start' });
    expect([error?.message, { ...error }]).toEqual([
      'Invalid state transition from unloaded to running',
      { name: 'StateTransitionError', code: 'InvalidTransition', from: 'unloaded', to: 'running' },
    ]);
  });

  it('has what happens to it in its journal', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    await client.command(agent, { type: 'agent.start' });
    await client.command(agent, { type: 'agent.load' });
    await client.waitFor(agent, 'loaded');
    const entries = (await client.journal(agent)).map(({ at: _, ...entry }) => ({ ...entry, session: null }));
    const each = { generation: 1, session: null };
    expect(entries).toEqual([
      { ...each, sequence: 1, type: 'deployed', host: 'one', versionNumber: 1 },
      {
        ...each,
        sequence: 2,
        type: 'refusal',
        event: 'agent.start',
        code: 'InvalidTransition',
        message: 'Invalid state transition from unloaded to running',
      },
      { ...each, sequence: 3, type: 'operation', operation: 'loading', attempt: 1 },
      {
        ...each,
        sequence: 4,
        type: 'transition',
        from: 'unloaded',
        to: 'loaded',
        event: 'xstate.done.actor.loading',
        failureReason: null,
      },
    ]);
  });

  it('has failed when an operation runs out of its time, and that is aborted', async () => {
    const agent = newName(300);
    await client.deploy(agent, slowSpec);
    await client.command(agent, { type: 'agent.load' });
    const { position } = await client.waitFor(agent, 'failed');
    expect(position.context.failureReason).toBe('Transition timeout exceeded: 1000ms');
    await eventually(async () => (await slow.inFlight(agent)).length === 0);
    expect((await client.command(agent, { type: 'agent.load' })).error?.code).toBe('TerminalState');
  });

  it('does not notice a timer that was cancelled', async () => {
    const agent = newName(3_000);
    await client.deploy(agent, slowSpec);
    await client.command(agent, { type: 'agent.load' });
    await slow.untilCalled(agent, 'loading');
    await client.command(agent, { type: 'agent.unload' });
    await eventually(() => slow.aborted.includes(`${agent} loading`));
    const { revision } = await client.status(agent);
    const scheduled = `select id from sys_invocation where target_service_key = '${agent}' and status <> 'completed'`;
    await eventually(async () => (await server.query(scheduled)).length === 0);
    const status = await client.status(agent);
    expect([status.leaf, status.revision, (await client.journal(agent)).length]).toEqual([
      'unloaded.idle',
      revision,
      2,
    ]);
  });

  it('does not hear a host of an earlier generation', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    await client.run(agent);
    await host.untilServing(agent);
    const [operation] = (await client.journal(agent)).filter(({ type }) => type === 'operation');
    const session = operation?.type === 'operation' ? operation.session : '';
    await client.command(agent, { type: 'agent.fail' });
    await client.deploy(agent, spec);
    await client.run(agent);
    await host.untilServing(agent);
    const before = await client.status(agent);
    const say = async (handler: string, message: object) => {
      const url = `${server.ingress}/AgentLifecycle/${encodeURIComponent(agent)}/${handler}`;
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
      return [answer.status, await answer.text()];
    };
    const earlier = { generation: 1, session };
    expect([
      await say('renew', { ...earlier, pending: 0, isClosed: true }),
      await say('renew', { generation: 2, session: 'another', pending: 0, isClosed: true }),
      await say('begin', { ...earlier, serial: before.revision }),
      await say('ended', { ...earlier, reason: 'It has crashed' }),
    ]).toEqual([
      [200, '{"type":"fenced"}'],
      [200, '{"type":"fenced"}'],
      [200, '{"type":"superseded"}'],
      [200, ''],
    ]);
    expect(await client.status(agent)).toEqual(before);
  });

  it('waits for no request that has ended, though a count of before the drain comes late', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    await client.run(agent);
    await host.untilServing(agent);
    await host.accept(agent);
    await client.command(agent, { type: 'agent.drain' });
    const [operation] = (await client.journal(agent)).filter(({ type }) => type === 'operation');
    const session = operation?.type === 'operation' ? operation.session : '';
    await fetch(`${server.ingress}/AgentLifecycle/${encodeURIComponent(agent)}/renew`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ generation: 1, session, pending: 0, isClosed: false }),
    });
    const { leaf, position } = await client.status(agent);
    expect([leaf, position.context.pendingRequests]).toEqual(['draining.awaitingRequests', 1]);
    await host.complete(agent);
    expect((await client.waitFor(agent, 'stopped')).position.context.forced).toBe(false);
  });

  it('has failed when its operation has', async () => {
    const agent = newName();
    await client.deploy(agent, slowSpec);
    await client.command(agent, { type: 'agent.load' });
    await slow.untilCalled(agent, 'loading');
    await slow.settle(agent, 'loading', 'no such module');
    expect((await client.waitFor(agent, 'failed')).position.context.failureReason).toBe('no such module');
  });

  it('is stopped by a drain timeout, which is forced', async () => {
    const agent = newName(3_000);
    await client.deploy(agent, spec);
    await client.run(agent);
    await host.untilServing(agent);
    await host.accept(agent);
    await client.command(agent, { type: 'agent.drain' });
    const { context } = (await client.waitFor(agent, 'stopped')).position;
    expect([context.forced, context.pendingRequests]).toEqual([true, 1]);
    expect(host.calls.find((call) => call.agent === agent && call.operation === 'stopping')?.forced).toBe(
      true,
    );
  });

  it('is deployed again under its name, as the next generation of the same agent', async () => {
    const agent = newName();
    const first = await client.deploy(agent, spec);
    await expect(client.deploy(agent, spec)).rejects.toMatchObject({
      code: 'AgentExists',
      detail: { code: 'AgentExists', agent, state: 'unloaded', generation: 1 },
    });
    await client.command(agent, { type: 'agent.fail', reason: 'told to' });
    const second = await client.deploy(agent, spec);
    expect([second.generation, second.position.context.agentId]).toEqual([2, first.position.context.agentId]);
  });

  it('takes a command once that is given twice with the same key', async () => {
    const agent = newName();
    await client.deploy(agent, slowSpec);
    const load = () => client.command(agent, { type: 'agent.load' }, { idempotencyKey: `load ${agent}` });
    const [first, second] = [await load(), await load()];
    expect([first.error, second]).toEqual([null, first]);
    await slow.untilCalled(agent, 'loading');
    expect(slow.callsFor(agent)).toEqual(['loading 1']);
  });

  it('leaves the count of its requests to its host', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    await client.run(agent);
    await expect(client.command(agent, { type: 'request.accept' })).rejects.toMatchObject({
      code: 'RequestsCountedByHost',
    });
  });

  it('is not known before it is deployed', async () => {
    const unknown = { code: 'UnknownAgent', message: 'No agent is named "nobody"' };
    await expect(client.status('nobody')).rejects.toMatchObject(unknown);
    await expect(client.command('nobody', { type: 'agent.load' })).rejects.toMatchObject(unknown);
    await expect(client.waitFor('nobody', 'ready')).rejects.toMatchObject(unknown);
  });

  it('is not held up by a host that nobody knows', async () => {
    const agent = newName(3_000);
    await client.deploy(agent, { ...spec, host: 'nowhere' });
    await client.command(agent, { type: 'agent.load' });
    expect((await client.command(agent, { type: 'agent.start' })).error?.code).toBe('InvalidTransition');
    expect((await client.waitFor(agent, 'failed')).position.context.failureReason).toBe(
      'Transition timeout exceeded: 30000ms',
    );
  });

  it('refuses a message that is not what it should be, once and for all', async () => {
    const { ingress } = server;
    const post = (handler: string, body: unknown) =>
      fetch(`${ingress}/AgentLifecycle/anyone/${handler}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await post('command', { type: 7 });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('type: ')]);
    const event = { type: 'xstate.done.actor.loading' };
    expect((await post('command', event)).status).toBe(400);
    expect((await post('timerFired', { generation: 1, timer: '', token: 1 })).status).toBe(400);
    await expect(client.deploy('x', { ...spec, host: 'a b' })).rejects.toMatchObject({
      code: 'InvalidMessage',
      detail: { path: 'host' },
    });
  });
});

describe('who waits for a tag', () => {
  it('is told when it is there, and at once when it is', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    const waiting = client.waitFor(agent, 'accepting');
    await client.run(agent);
    expect((await waiting).leaf).toBe('running.serving');
    expect((await client.waitFor(agent, 'accepting', { timeout: 60_000 })).leaf).toBe('running.serving');
  });

  it('is told that time is over', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    await expect(client.waitFor(agent, 'ready', { timeout: 100 })).rejects.toMatchObject({
      code: 'WaitTimedOut',
      detail: { code: 'WaitTimedOut', agent, tag: 'ready', timeoutMs: 100 },
    });
  });

  it('is told that it can no longer be', async () => {
    const agent = newName();
    await client.deploy(agent, spec);
    const waiting = client.waitFor(agent, 'running');
    await client.command(agent, { type: 'agent.fail', reason: 'told to' });
    await expect(waiting).rejects.toMatchObject({
      code: 'AgentEnded',
      detail: { code: 'AgentEnded', agent, state: 'failed', reason: 'told to' },
    });
  });
});
