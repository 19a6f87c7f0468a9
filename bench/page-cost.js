// Measures what a reader costs a host: nanoseconds for an event of an agent, without a page, and with one that hears
// all agents and the journal of the one that works. Run it after the build: node bench/page-cost.js
import { createAgentHost } from 'xstate-agent-lifecycle';
import { serveAgents } from 'agent-lifecycle';
import { idleDriver } from './idle-driver.js';

const REQUESTS = 20_000;
const ROUNDS = 7;
/** A request begins and ends. */
const EVENTS = 2 * REQUESTS;
const nothing = () => undefined;

const host = createAgentHost({
  drivers: {
    idle: () => idleDriver,
  },
});
const agent = host.deploy({ name: 'agent', driver: 'idle' });
await agent.run();
const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0 });

await round();
/** @type {{ without: number[], with: number[] }} */
const costs = { without: [], with: [] };
// In turn, so that whatever else the machine does costs both the same.
for (let count = 0; count < ROUNDS; count++) {
  costs.without.push(await round());
  const leave = await readAsPage();
  costs.with.push(await round());
  leave();
}
const [without, withPage] = [median(costs.without), median(costs.with)];
process.stdout.write(
  `${(withPage / without).toFixed(2)} times: ${Math.round(withPage)} ns an event with a page, ` +
    `${Math.round(without)} ns without\n`,
);
await server.close();
await host.shutdown();

/** Nanoseconds an event. */
async function round() {
  const begin = performance.now();
  for (let count = 0; count < REQUESTS; count++) (await agent.accept()).release();
  return ((performance.now() - begin) * 1e6) / EVENTS;
}

/** Reads the streams that a page reads. */
async function readAsPage() {
  const leaving = new AbortController();
  for (const path of ['/events', '/agents/agent/journal/events']) {
    const { body } = await fetch(server.url + path, { signal: leaving.signal });
    if (body === null) throw new Error(`${path} has nothing to read`);
    void body.pipeTo(new WritableStream(), { signal: leaving.signal }).catch(nothing);
  }
  return () => {
    leaving.abort();
  };
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
