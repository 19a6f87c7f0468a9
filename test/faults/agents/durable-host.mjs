// A host under load that keeps its agents in a directory, until it is killed: by whoever started it, or by itself, in
// the middle of a write. Prints a line of JSON for what it finds at its start, for each command before and after.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { createHostPersistence } from 'xstate-agent-lifecycle/durable';
import { openSqliteStore } from 'agent-lifecycle/sqlite';

const [, , directory = '', seed = '1', killAtWrite = '0'] = process.argv;
const NAMES = ['a', 'b', 'c', 'd'];
/** So many times as fast as the real time do the deadlines run. */
const SPEED = 100;

/** @param {object} line */
const print = (line) => fs.writeSync(1, `${JSON.stringify(line)}\n`);

let state = Number(seed);
/** From 0 to 1, the same for the same seed. */
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const { writeSync } = fs;
let writes = 0;
/**
 * @param {number} fd
 * @param {Uint8Array} data
 * @param {number} offset
 * @param {number} length
 * @param {number} position
 */
const writeOrDie = (fd, data, offset, length, position) => {
  if (fd === 1 || ++writes !== Number(killAtWrite)) return writeSync(fd, data, offset, length, position);
  // Half of it is written, and no more.
  writeSync(fd, data, offset, length >> 1, position);
  process.kill(process.pid, 'SIGKILL');
  return 0;
};
Object.assign(fs, { writeSync: writeOrDie });

const began = performance.timeOrigin;
/** @type {import('xstate-agent-lifecycle').AgentHostOptions['clock']} */
const clock = {
  setTimeout: (callback, ms) => setTimeout(callback, ms / SPEED),
  clearTimeout: (timer) => {
    clearTimeout(/** @type {NodeJS.Timeout} */ (timer));
  },
  now: () => Math.round((began + performance.now()) * SPEED),
};

/** @type {import('xstate-agent-lifecycle').AgentDriverFactory} */
const driver = ({ fail, options }) => {
  const { name } = /** @type {{ name: string }} */ (options);
  const work = () => sleep(random() * 3);
  return {
    load: work,
    instantiate: work,
    start: async () => {
      await work();
      if (random() < 0.2) setTimeout(fail, random() * 20, 'it broke down');
    },
    handle: async () => {
      await work();
      return name;
    },
    stop: async ({ signal }) => {
      // One in four never ends by itself.
      if (random() < 0.25) await sleep(1e6, undefined, { signal });
      else await work();
    },
    unload: work,
    dispose: () => undefined,
  };
};

/** @type {(error: unknown) => never} */
const fail = (error) => {
  const { code, message } = /** @type {import('xstate-agent-lifecycle/durable').StoreError} */ (error);
  print({ type: 'failed', code, message });
  process.exit(1);
};
const store = await openSqliteStore(directory).catch(fail);
const persistence = createHostPersistence(store, { onFailure: fail });
const journalsBefore = Object.fromEntries(
  NAMES.map((name) => [name, store.read(`agents/${name}`).map(({ value }) => value)]),
);
const host = createAgentHost({ drivers: { loaded: driver }, clock, persistence });
const agents = host.deployAll(
  NAMES.map((name) => ({
    name,
    driver: 'loaded',
    options: { name },
    transitionTimeout: 1_000,
    drainTimeout: 5_000,
    restart: { type: 'permanent', backoff: { initial: 100 }, intensity: { restarts: 1_000 } },
  })),
);
print({
  type: 'found',
  kept: persistence.names,
  agents: agents.map(({ name, goal, generation }) => ({ name, goal, generation })),
  journals: journalsBefore,
});
host.subscribe((event, { name }, generation) => {
  if (event.type === 'lifecycle.transitioned' && event.to === 'running')
    print({ type: 'up', name, generation });
});
await host.run();

/** @param {(typeof agents)[number]} agent */
async function oneAfterAnother(agent) {
  const { name } = agent;
  for (;;) {
    const choice = random();
    if (choice < 0.4) {
      await agent.request('x').catch(() => undefined);
      continue;
    }
    print({ type: 'begun', name });
    if (choice < 0.6) {
      agent.renew();
      await agent.run();
    } else if (choice < 0.7) {
      // Nobody ends this request: the drain runs out of time.
      await agent.accept().catch(() => undefined);
      await agent.drain();
    } else if (choice < 0.75) await agent.drain();
    else if (choice < 0.8) await agent.stop();
    else if (choice < 0.85) await agent.fail('told to');
    else if (choice < 0.9)
      await agent.swap({ versionNumber: agent.spec.versionNumber + 1 }).catch(() => undefined);
    else await agent.load();
    persistence.flush();
    const sequence = agent.journal.entries.at(-1)?.sequence ?? 0;
    print({ type: 'answered', name, goal: agent.goal, version: agent.spec.versionNumber, sequence });
    if (random() < 0.1) await sleep(random() * 30);
  }
}

await Promise.all(agents.map(oneAfterAnother));
