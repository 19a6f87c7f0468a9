import { afterEach, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { processDriver } from '../../src/drivers/process/index.js';
import { workerDriver } from '../../src/drivers/worker/index.js';
import { createAgentHost, type Agent, type AgentDriverFactory, type AgentHost } from '../../src/index.js';
import { turns } from '../host/requests/request-rig.js';
import { scaled } from '../scale.js';
import type { Work } from './agents/stormy.js';

const READERS = scaled({ quick: 6, slow: 100 });
const SEED = Number(process.env['SEED'] ?? scaled({ quick: 1, slow: 1, soak: Date.now() % 2 ** 31 }));
const PROCESS = fileURLToPath(new URL('agents/stormy-process.mjs', import.meta.url));
/** What a worker may be ahead of its reader: so many chunks, or so many bytes and the chunk that goes over. */
const CHUNKS_AHEAD = 64;
const BYTES_AHEAD = 64 * 1024;

let host: AgentHost | null = null;

afterEach(async () => {
  await host?.shutdown({ force: true });
});

/** A stream as fast as it can be, and how far it is read. */
interface SlowReader {
  readonly size: number;
  readonly reads: number;
}

/** Has each read so far, and stop. */
async function stopReaders(agent: Agent): Promise<(SlowReader & { readonly reader: Reader })[]> {
  const readers = fc.sample(
    fc.record({ size: fc.constantFrom(0, 10, 1_000, 10_000, 100_000), reads: fc.nat({ max: 100 }) }),
    { numRuns: READERS, seed: SEED },
  );
  return Promise.all(
    readers.map(async ({ size, reads }, id) => {
      const stream = (await agent.request(workOf({ id, type: 'stream', size }))) as ReadableStream;
      const reader = stream.getReader();
      // One that fails has nothing more to read.
      for (let at = 0; at < reads; at++) await reader.read().catch(() => undefined);
      return { size, reads, reader };
    }),
  );
}

type Reader = ReadableStreamDefaultReader<unknown>;

function workOf(work: Pick<Work, 'id' | 'type' | 'size'>): Work {
  return {
    ...work,
    count: 1_000_000,
    delay: 0,
    pace: 0,
    end: 'done',
    onDrain: 'goesOn',
    handsOverAt: null,
    hears: true,
    cleanup: 'now',
    progress: false,
  };
}

async function runningAgent(driver: AgentDriverFactory, options: unknown): Promise<Agent> {
  host = createAgentHost();
  const agent = host.deploy({ name: 'agent', driver, options });
  await agent.run();
  return agent;
}

/** How many chunks each request has made, once none makes more. */
async function madeAtLast(agent: Agent): Promise<Readonly<Record<number, number>>> {
  for (let before = ''; ;) {
    await turns(20);
    const made = await agent.request(workOf({ id: -1, type: 'made' }));
    if (JSON.stringify(made) === before) return made as Record<number, number>;
    before = JSON.stringify(made);
  }
}

it(`a worker is ahead of ${READERS} readers that stop by no more than it may`, async () => {
  const agent = await runningAgent(workerDriver(), {
    module: 'test/faults/agents/stormy-worker.js',
    data: { start: 'now' },
  });
  const readers = await stopReaders(agent);
  const made = await madeAtLast(agent);
  const tooFar = readers.filter(({ size, reads }, id) => {
    const ahead = (made[id] ?? 0) - reads;
    return ahead > CHUNKS_AHEAD || (ahead - 1) * size >= BYTES_AHEAD;
  });
  expect([tooFar, agent.requests.pending]).toEqual([[], READERS]);
  await Promise.all(readers.map(({ reader }) => reader.cancel()));
  expect(agent.requests).toEqual({ queued: 0, pending: 0, streaming: 0 });
}, 300_000);

it(`a process fails ${READERS} readers that stop, each for itself, and goes on`, async () => {
  const agent = await runningAgent(processDriver(), {
    command: process.execPath,
    args: [PROCESS, 'now'],
  });
  const readers = await stopReaders(agent);
  const ends = await Promise.allSettled(readers.map(({ reader }) => reader.closed));
  const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : null));
  expect(codes).toEqual(readers.map(() => 'ReaderTooSlow'));
  expect(agent.requests).toEqual({ queued: 0, pending: 0, streaming: 0 });
}, 300_000);
