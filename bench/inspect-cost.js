// What an event of an agent costs in its own turn: with nobody looking, with an observer that does nothing, and with
// the inspector; and what it costs later to send what an inspector is shown, the relay's work included. Run it after `npm run build`: node bench/inspect-cost.js
import { createInspectorServer } from '@statelyai/inspect/server';
import { createWebSocketInspector } from '@statelyai/inspect';
import { createServer } from 'node:net';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { inspectHost } from 'xstate-agent-lifecycle/inspect';
import { idleDriver } from './idle-driver.js';

const ROUNDS = 7;
const EVENTS = 20_000;

const nothing = () => undefined;
const driver = idleDriver;
const port = await freePort();
const relay = createInspectorServer({ port, autoOpen: false });
await nextTask();
const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` });
await nextTask();

/** @typedef {Awaited<ReturnType<typeof runningAgent>>} Running */

/** @type {Record<string, (running: Running) => () => void>} */
const VARIANTS = {
  'nobody looks': () => nothing,
  'an observer that does nothing': ({ host }) => {
    const subscription = host.inspect({ next: nothing });
    return () => {
      subscription.unsubscribe();
    };
  },
  'the inspector': ({ host }) => inspectHost(host, { inspector }).stop,
};

const best = new Map(Object.keys(VARIANTS).map((name) => [name, Infinity]));
// The variants take turns, so that a busy machine is unfair to none.
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, look] of Object.entries(VARIANTS)) {
    const running = await runningAgent();
    const stop = look(running);
    const cost = eventCost(running);
    stop();
    await running.host.shutdown();
    await nextTask();
    best.set(name, Math.min(best.get(name) ?? Infinity, cost));
  }
}
for (const [name, cost] of best) print(`${name}: ${cost.toFixed(0)} ns an event`);
print(`to send what is shown: ${(await sendCost()).toFixed(0)} ns each, two for an event`);

inspector.stop();
relay.stop();

async function runningAgent() {
  const host = createAgentHost({ drivers: { nothing: () => driver } });
  const agent = host.deploy({ name: 'agent', driver: 'nothing' });
  await agent.run();
  return { host, actor: agent.actor };
}

/** @param {Running} running @returns {number} nanoseconds */
function eventCost({ actor }) {
  const from = performance.now();
  for (let count = 0; count < EVENTS; count += 2) {
    actor.send({ type: 'request.accept' });
    actor.send({ type: 'request.complete' });
  }
  return ((performance.now() - from) * 1e6) / EVENTS;
}

/** Nanoseconds of the processor to hand on one of those that wait. */
async function sendCost() {
  const running = await runningAgent();
  const inspection = inspectHost(running.host, { inspector, bufferSize: EVENTS });
  eventCost(running);
  const from = process.cpuUsage();
  inspection.stop();
  await nextTask();
  await nextTask();
  const { user, system } = process.cpuUsage(from);
  await running.host.shutdown();
  return ((user + system) * 1e3) / inspection.stats().sent;
}

function nextTask() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

/** @returns {Promise<number>} */
function freePort() {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
