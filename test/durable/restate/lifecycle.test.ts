import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLifecycleClient, type LifecycleClient } from '../../../src/durable/index.js';
import { HostProcess, killHosts } from './host-process.js';
import { RestateTestServer } from './restate-server.js';

let server: RestateTestServer;
let host: HostProcess;
let client: LifecycleClient;
let count = 0;
const newName = () => `agent ${++count}/ü`;
const spec = { host: 'one', driver: 'scripted' };

beforeAll(async () => {
  server = await RestateTestServer.start();
  const { ingress, admin } = server;
  host = await HostProcess.start({ ingress, admin, host: 'one' });
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
    expect([error, status.leaf, status.tags]).toEqual([null, 'running.serving', ['running', 'active', 'accepting']]);
    await host.untilServing(agent);
    expect(await host.accept(agent)).toBe(null);
    expect((await client.command(agent, { type: 'agent.drain' })).status.leaf).toBe('draining.awaitingRequests');
    expect(await host.accept(agent)).toBe('NotAcceptingRequests');
    await host.complete(agent);
    const ended = await client.waitFor(agent, 'stopped');
    expect(ended.position.context).toMatchObject({ pendingRequests: 0, forced: false, previousState: 'draining' });
    await host.untilCalled(agent, 'disposing');
    expect(host.callsFor(agent)).toEqual(['loading 1', 'instantiating 1', 'starting 1', 'stopping 1', 'disposing 1']);
  });
});
