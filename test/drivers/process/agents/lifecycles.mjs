// A host that brings twenty agents up and down. It ends when it has no handle left.
import { createAgentHost } from 'xstate-agent-lifecycle';
import { processDriver } from 'xstate-agent-lifecycle/drivers/process';

const agent = new URL('agent.mjs', import.meta.url).pathname;
const mark = process.argv[2] ?? '';
const listeners = process.eventNames();

const host = createAgentHost({ drivers: { process: processDriver() } });
const options = { command: process.execPath, args: [agent, 'echo', mark] };
await Promise.all(
  Array.from({ length: 20 }, async (_, index) => {
    const each = host.deploy({ name: `agent ${index}`, driver: 'process', options });
    await each.run();
    await each.request('hello');
  }),
);
const reports = await host.shutdown();

const left = {
  stopped: reports.filter(({ state }) => state === 'stopped').length,
  listeners: process.eventNames().slice(listeners.length),
};
process.stdout.write(JSON.stringify(left));
