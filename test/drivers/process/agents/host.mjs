// A host with one agent, of which it says who it and its child are.
import { createAgentHost } from 'xstate-agent-lifecycle';
import { processDriver } from 'xstate-agent-lifecycle/drivers/process';

const agent = new URL('agent.mjs', import.meta.url).pathname;
const host = createAgentHost({ drivers: { process: processDriver() } });
const family = host.deploy({
  name: 'family',
  driver: 'process',
  options: { command: process.execPath, args: [agent, 'family'] },
});
await family.run();
process.stdout.write(JSON.stringify(await family.request('')));
