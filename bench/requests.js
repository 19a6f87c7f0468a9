// Requests a second through the host, and through HTTP beside a server that has nothing to do.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Agent, request } from 'node:http';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { createAgentApp } from 'agent-lifecycle';
import { summary } from './measure.js';
import { idleDriver } from './idle-driver.js';

const ROUNDS = 5;
const AT_ONCE = 50;

/** @typedef {import('./measure.js').Measured} Measured requests a second */

/** @returns {Promise<Record<string, Measured>>} */
export async function requestsPerSecond() {
  const driver = { ...idleDriver, handle: (/** @type {unknown} */ payload) => payload };
  const host = createAgentHost({ drivers: { echo: () => driver } });
  const agent = host.deploy({ name: 'echo', driver: 'echo' });
  await agent.run();
  const bare = new Hono().post('/', async (context) => context.json(await context.req.json()));
  const app = createAgentApp(host, { allowedHosts: ['127.0.0.1'], closing: new AbortController().signal });
  const servers = [bare, app].map((each) => serve({ fetch: each.fetch, port: 0, hostname: '127.0.0.1' }));
  const [bareUrl, appUrl] = await Promise.all(servers.map(addressOf));
  const connections = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const measured = await inTurns({
    'the host': { count: 20_000, once: () => agent.request('hello') },
    'a bare hono server': { count: 2_000, once: () => post(`${bareUrl}/`, connections) },
    'the agents’ server': { count: 2_000, once: () => post(`${appUrl}/agents/echo/requests`, connections) },
  });
  connections.destroy();
  for (const server of servers) server.close();
  await host.shutdown();
  return measured;
}

/** @param {Record<string, { count: number, once: () => Promise<unknown> }>} work */
async function inTurns(work) {
  const samples = new Map(Object.keys(work).map((name) => [name, /** @type {number[]} */ ([])]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, { count, once }] of Object.entries(work)) {
      const begun = performance.now();
      let left = count;
      const worker = async () => {
        while (left-- > 0) await once();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      if (round >= 0) samples.get(name)?.push((1_000 * count) / (performance.now() - begun));
    }
  }
  return Object.fromEntries([...samples].map(([name, values]) => [name, summary(values)]));
}

/** @param {string} url @param {Agent} agent @returns {Promise<void>} */
function post(url, agent) {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`${url}: ${String(response.statusCode)}`));
        response.resume().on('end', resolve);
      },
    );
    sent.on('error', reject).end('"hello"');
  });
}

/** @param {import('@hono/node-server').ServerType} server @returns {Promise<string>} */
function addressOf(server) {
  return new Promise((resolve) => {
    const told = () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(`http://127.0.0.1:${address.port}`);
    };
    if (server.listening) told();
    else server.on('listening', told);
  });
}
