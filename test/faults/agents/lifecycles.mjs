// Brings agents of all kinds up and down, one in four of them by a crash, and says what is left of them.
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { mcpDriver } from 'xstate-agent-lifecycle/drivers/mcp';
import { processDriver } from 'xstate-agent-lifecycle/drivers/process';
import { wasmDriver } from 'xstate-agent-lifecycle/drivers/wasm';
import { workerDriver } from 'xstate-agent-lifecycle/drivers/worker';

const [, , count = '8', mark = ''] = process.argv;
/** @param {string} file */
const beside = (file) => new URL(file, import.meta.url).pathname;
const server = beside('../../drivers/mcp/agents/server.mjs');
const child = beside('../../drivers/process/agents/agent.mjs');

/** What each kind is made of, and asked. */
const KINDS = [
  { driver: 'wasm', options: { module: beside('../../../examples/agents/word-count.wasm') }, payload: 'x' },
  { driver: 'worker', options: { module: beside('fragile.js') }, payload: 'x' },
  { driver: 'process', options: { command: process.execPath, args: [child, 'echo', mark] }, payload: 'x' },
  {
    driver: 'mcp',
    options: { command: process.execPath, args: [server, 'echo', mark] },
    payload: { tool: 'echo', arguments: { text: 'x' } },
  },
];
const SIDE_BY_SIDE = 8;
/** Milliseconds in which what was terminated is gone from the books. */
const GONE_WITHIN = 10_000;

let workers = 0;
subscribe('worker_threads', (message) => {
  workers++;
  /** @type {{ worker: import('node:worker_threads').Worker }} */ (message).worker.once(
    'exit',
    () => workers--,
  );
});

// Node opens them when they are first asked for, by a worker that inherits them, too.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const before = {
  resources: process.getActiveResourcesInfo(),
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
};
const host = createAgentHost({
  drivers: { wasm: wasmDriver(), worker: workerDriver(), process: processDriver(), mcp: mcpDriver() },
});
let ended = 0;
let next = 0;

async function bringUpAndDown() {
  for (let index = next++; index < Number(count); index = next++) {
    const kind = KINDS[index % KINDS.length];
    if (kind === undefined) continue;
    const { driver, options, payload } = kind;
    const agent = host.deploy({ name: `agent ${index}`, driver, options });
    await agent.run();
    await agent.request(payload);
    if (index % 16 >= 12) await agent.fail('broken').catch(() => undefined);
    const report = await host.remove(agent.name);
    if (report.state === 'stopped' || report.state === 'failed') ended++;
  }
}

await Promise.all(Array.from({ length: SIDE_BY_SIDE }, bringUpAndDown));
await host.shutdown();

const deadline = Date.now() + GONE_WITHIN;
/** @returns {string[]} the resources that were not there before */
const resourcesLeft = () => {
  const known = [...before.resources];
  return process.getActiveResourcesInfo().filter((name) => {
    const at = known.indexOf(name);
    if (at >= 0) known.splice(at, 1);
    return at < 0 && name !== 'Timeout';
  });
};
while ((resourcesLeft().length > 0 || workers > 0) && Date.now() < deadline) await sleep(20);

const listeners = process
  .eventNames()
  .map((name) => [String(name), process.listenerCount(name)])
  .filter(([name, now]) => !before.listeners.some(([known, then]) => known === name && then === now));
process.stdout.write(JSON.stringify({ ended, resources: resourcesLeft(), listeners, workers }));
