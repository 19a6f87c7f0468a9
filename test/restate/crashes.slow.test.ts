import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentLifecycleChart as chart } from '../../machines/agent-lifecycle.machine.js';
import {
  createLifecycleClient,
  type LifecycleClient,
  type ObjectJournalEntry,
} from '../../src/restate/index.js';
import { scaled } from '../scale.js';
import { eventually } from './eventually.js';
import { HostProcess, killHosts } from './host-process.js';
import { freePorts, RestateTestServer } from './restate-server.js';

const ROUNDS = scaled({ quick: 2, slow: 2, soak: 40 });
const AGENTS = 8;
const SEED = 7;
const spec = { host: 'one', driver: 'scripted' };

let server: RestateTestServer;
let host: HostProcess;
let client: LifecycleClient;
let options: Parameters<typeof HostProcess.start>[0];
const calls: string[] = [];

beforeAll(async () => {
  server = await RestateTestServer.start();
  const { ingress, admin } = server;
  const [port] = await freePorts(1);
  options = {
    ingress,
    admin,
    host: 'one',
    port: Number(port),
    leasePeriod: 1_000,
    countTimeout: 300,
    journalCapacity: 1_000,
  };
  host = await HostProcess.start(options);
  client = createLifecycleClient({ ingress });
});

afterAll(async () => {
  killHosts();
  await server.dispose();
});

describe('agents whose host and whose server are killed at random moments', () => {
  it('all come to an end, by steps of the chart alone, each command once', async () => {
    const random = randomFrom(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const agents = Array.from({ length: AGENTS }, (_, index) => `${round}-${index}`);
      const lives = Promise.all(agents.map(live));
      // Heard of below, unless something else has failed before.
      lives.catch(() => undefined);
      for (const what of ['host', 'server', 'host'] as const) {
        await new Promise((resolve) => setTimeout(resolve, random() * 400));
        if (what === 'host') {
          host.kill();
          await host.exited;
          calls.push(
            ...host.calls.map(({ agent, operation, attempt }) => `${agent} ${operation} ${attempt}`),
          );
          host = await HostProcess.start(options);
        } else {
          await server.kill();
          await server.start();
        }
      }
      await lives;
      for (const agent of agents) {
        const journal = await client.journal(agent);
        expect([agent, faultsIn(journal)]).toEqual([agent, []]);
      }
    }
  }, 1_200_000);
});

/** Brings an agent up and down, whatever answers are lost on the way: the keys of the commands are those of the first try. */
async function live(agent: string): Promise<void> {
  await persistently(() => client.deploy(agent, spec, { idempotencyKey: `deploy ${agent}` }));
  for (const type of ['agent.load', 'agent.instantiate', 'agent.start', 'agent.drain'] as const) {
    const idempotencyKey = `${type} ${agent}`;
    const { error } = await persistently(() => client.command(agent, { type }, { idempotencyKey }));
    if (error !== null) expect([type, error.code, error]).toEqual([type, 'TerminalState', error]);
    const target = type === 'agent.drain' ? 'terminal' : String(chart.targetOf(type));
    const isThere = async () => {
      const { tags } = await client.status(agent);
      return (tags as readonly string[]).includes(target) || tags.includes('terminal');
    };
    await eventually(isThere, 120_000);
  }
}

/** Until it is answered. */
async function persistently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  let answer: { readonly value: Answer } | null = null;
  await eventually(async () => {
    answer = { value: await ask() };
    return true;
  }, 120_000);
  return (answer as unknown as { readonly value: Answer }).value;
}

/** What no journal of a life may have. */
function faultsIn(journal: readonly ObjectJournalEntry[]): string[] {
  const faults: string[] = [];
  let state = String(chart.states[0]);
  journal.forEach((entry, index) => {
    if (entry.sequence !== index + 1) faults.push(`a hole before ${entry.sequence}`);
    if (entry.generation !== 1) faults.push(`generation ${entry.generation}`);
    if (entry.type === 'refusal')
      faults.push(`a command that was given twice: ${entry.event}, ${entry.code}`);
    if (entry.type !== 'transition') return;
    const isStep = chart
      .validTransitions(entry.from as (typeof chart.states)[number])
      .some((to) => to === entry.to);
    if (entry.from !== state || !isStep) faults.push(`from ${state}: ${entry.from} → ${entry.to}`);
    const isExpected =
      entry.failureReason === null || entry.failureReason.startsWith('The host one was lost');
    if (!isExpected) faults.push(String(entry.failureReason));
    state = entry.to;
  });
  if (!chart.states.some((each) => each === state && chart.isFinal(each))) faults.push(`it ended ${state}`);
  return faults;
}

/** The same numbers, from 0 to 1, each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
