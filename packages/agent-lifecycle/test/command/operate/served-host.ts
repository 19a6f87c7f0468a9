import { afterEach } from '@jest/globals';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { serveAgents, type ServeOptions } from '../../../src/server/serve-agents.js';
import { ScriptedDriver } from '../../../../../test/host/scripted-driver.js';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A host of one running agent, over HTTP. Its driver has the name of one that a config may have. */
export async function servedHost(options: Partial<ServeOptions> = {}) {
  const driver = new ScriptedDriver();
  const host = createAgentHost({ drivers: { wasm: driver.factory } });
  const agent = host.deploy({ name: 'agent', driver: 'wasm' });
  await agent.run();
  const serve = async (port = 0) => {
    const server = await serveAgents(host, { hostname: '127.0.0.1', port, ...options });
    ends.unshift(() => server.close());
    return server;
  };
  ends.push(() => host.shutdown({ force: true }));
  return { host, agent, driver, serve, server: await serve() };
}
