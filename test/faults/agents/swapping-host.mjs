// A host that swaps its agents, a worker and a process, again and again, and serves them over HTTP.
import { createAgentHost } from 'xstate-agent-lifecycle';
import { processDriver } from 'xstate-agent-lifecycle/drivers/process';
import { workerDriver } from 'xstate-agent-lifecycle/drivers/worker';
import { serveAgents } from 'agent-lifecycle';

const [, , mark = ''] = process.argv;
const child = new URL('../../drivers/process/agents/agent.mjs', import.meta.url).pathname;
const module = new URL('fragile.js', import.meta.url).pathname;

const host = createAgentHost({ drivers: { process: processDriver(), worker: workerDriver() } });
const agents = host.deployAll([
  { name: 'child', driver: 'process', options: { command: process.execPath, args: [child, 'echo', mark] } },
  { name: 'worker', driver: 'worker', options: { module } },
]);
await host.run();
const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0 });
process.stdout.write(`${server.url}\n`);

process.once('SIGTERM', () => {
  void host
    .shutdown()
    .then(() => server.close())
    .then(() => process.exit(0));
});

/** @param {(typeof agents)[number]} agent */
async function swapForEver(agent) {
  for (let versionNumber = 2; !host.isShuttingDown; versionNumber++) {
    const { swapped } = await agent.swap({ versionNumber });
    if (swapped) process.stdout.write('swapped\n');
  }
}

for (const agent of agents) swapForEver(agent).catch(() => undefined);
