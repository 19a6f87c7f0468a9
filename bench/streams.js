// What a request and a chunk cost through the host, beside raw XState's two events and a bare stream.
import os from 'node:os';
import path from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createActor } from 'xstate';
import {
  agentLifecycleMachine,
  AgentId,
  AgentVersion,
  createAgentHost,
  functionDriver,
} from 'xstate-agent-lifecycle';
import { workerDriver } from 'xstate-agent-lifecycle/drivers/worker';
import { bytesInUse, summary } from './measure.js';

const ROUNDS = 9;
const REQUESTS = 100_000;
const AT_ONCE = 50;
const CHUNKS = 50_000;
const OPEN = 5_000;
const WORKER_CHUNKS = 200_000;

/** @typedef {import('./measure.js').Measured} Measured */

/**
 * Nanoseconds of a request, of a chunk and of one from a worker; bytes of an open stream over a bare one.
 *
 * @returns {Promise<{ pair: Measured, request: Measured, bareChunk: Measured, chunk: Measured, openBytes: number, workerChunk: Measured }>}
 */
export async function streamCosts() {
  const host = createAgentHost({ drivers: { worker: workerDriver() } });
  const echo = host.deploy({ name: 'echo', driver: functionDriver((payload) => payload) });
  const numbers = host.deploy({
    name: 'numbers',
    driver: functionDriver((count) => numbersTo(/** @type {number} */ (count))),
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  const module = path.join(folder, 'numbers.mjs');
  writeFileSync(
    module,
    `export async function* handle(count) { for (let at = 0; at < count; at++) yield at; }\n`,
  );
  const worker = host.deploy({ name: 'worker', driver: 'worker', options: { module } });
  await host.run();
  const actor = await servingActor();
  const requests = await inTurns({
    pair: { operations: REQUESTS, run: () => sendPairs(actor, REQUESTS) },
    request: { operations: REQUESTS, run: () => requestAll(echo) },
  });
  const chunks = await inTurns({
    bareChunk: { operations: CHUNKS, run: () => readAll(bareStream(CHUNKS)) },
    chunk: {
      operations: CHUNKS,
      run: async () => readAll(/** @type {ReadableStream} */ (await numbers.request(CHUNKS))),
    },
  });
  const { workerChunk } = await inTurns({
    workerChunk: {
      operations: WORKER_CHUNKS,
      run: async () => readAll(/** @type {ReadableStream} */ (await worker.request(WORKER_CHUNKS))),
    },
  });
  const bytes = await bytesOpen(() => numbers.request(2));
  const bareBytes = await bytesOpen(() => bareStream(2));
  actor.stop();
  await host.shutdown();
  rmSync(folder, { recursive: true });
  return {
    ...requests,
    ...chunks,
    workerChunk,
    openBytes: bytes - bareBytes,
  };
}

/** @param {number} count */
async function* numbersTo(count) {
  for (let at = 0; at < count; at++) yield at;
}

async function servingActor() {
  const input = { agentId: AgentId.generate(), version: AgentVersion.generate(), versionNumber: 1 };
  const actor = createActor(agentLifecycleMachine, { input }).start();
  for (const type of /** @type {const} */ (['agent.load', 'agent.instantiate', 'agent.start'])) {
    actor.send({ type });
    await new Promise(setImmediate);
  }
  if (!actor.getSnapshot().hasTag('accepting')) throw new Error('It does not accept requests');
  return actor;
}

/** @param {Awaited<ReturnType<typeof servingActor>>} actor @param {number} count */
function sendPairs(actor, count) {
  for (let at = 0; at < count; at++) {
    actor.send({ type: 'request.accept' });
    actor.send({ type: 'request.complete' });
  }
}

/** @param {import('xstate-agent-lifecycle').Agent} agent */
async function requestAll(agent) {
  let left = REQUESTS;
  const caller = async () => {
    while (left-- > 0) await agent.request('hello');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

/** @param {ReadableStream} stream */
async function readAll(stream) {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

/** @param {number} count */
function bareStream(count) {
  const chunks = numbersTo(count);
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void chunks.return(),
    },
    { highWaterMark: 0 },
  );
}

/**
 * Bytes of a stream that was begun and not read to its end.
 * @param {() => unknown} make
 */
async function bytesOpen(make) {
  await closeAll(await openMany(make));
  const before = bytesInUse();
  const open = await openMany(make);
  const taken = (bytesInUse() - before) / OPEN;
  await closeAll(open);
  return taken;
}

/** @param {ReadableStreamDefaultReader[]} open */
async function closeAll(open) {
  await Promise.all(open.map((reader) => reader.cancel()));
}

/** @param {() => unknown} make */
async function openMany(make) {
  const readers = [];
  for (let at = 0; at < OPEN; at++) {
    const reader = /** @type {ReadableStream} */ (await make()).getReader();
    await reader.read();
    readers.push(reader);
  }
  return readers;
}

/**
 * @template {string} Name
 * @param {Record<Name, { operations: number, run: () => unknown }>} contenders
 * @returns {Promise<Record<Name, Measured>>}
 */
async function inTurns(contenders) {
  const names = /** @type {Name[]} */ (Object.keys(contenders));
  /** @type {Map<Name, number[]>} */
  const samples = new Map(names.map((name) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    globalThis.gc?.();
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const begun = process.hrtime.bigint();
      await contenders[name].run();
      const taken = Number(process.hrtime.bigint() - begun) / contenders[name].operations;
      if (round >= 0) samples.get(name)?.push(taken);
    }
  }
  return /** @type {Record<Name, Measured>} */ (
    Object.fromEntries(names.map((name) => [name, summary(samples.get(name) ?? [])]))
  );
}
