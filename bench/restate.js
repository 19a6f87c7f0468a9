// What the lifecycles of agents cost on a real Restate server, which this starts: calls, bytes, latencies, throughput.
// node --import ./test/restate/with-resolvers.mjs bench/restate.js, after a build.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { AgentIngress } from '../dist/cjs/src/restate/client/agent-ingress.js';
import { serveRestate } from 'xstate-agent-lifecycle/restate';
import { idleDriver } from './idle-driver.js';

const { values } = parseArgs({
  options: { agents: { type: 'string', default: '300' }, together: { type: 'string', default: '64' } },
});
const [AGENTS, TOGETHER] = [Number(values.agents), Number(values.together)];
/** Leases that are not renewed by themselves while other things are measured. */
const LEASE_PERIOD = 600_000;
const RENEWALS = 3_000;

/** @typedef {{ name: string, calls: number, entries: number, milliseconds: number[] }} Measured */

const [ingressPort, adminPort, nodePort] = await freePorts();
const [ingress, admin] = [`http://127.0.0.1:${ingressPort}`, `http://127.0.0.1:${adminPort}`];
const directory = mkdtempSync(path.join(tmpdir(), 'restate-bench-'));
const binary = createRequire(import.meta.url).resolve(
  `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
);
const restate = spawn(binary, ['--base-dir', directory, '--node-name', 'bench', '--no-logo'], {
  env: {
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingressPort}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${adminPort}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${nodePort}`,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DISABLE_TELEMETRY: 'true',
  },
  stdio: 'ignore',
});
process.on('exit', () => {
  restate.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
await up(`${admin}/health`);
await up(`${ingress}/restate/health`);
const driver = idleDriver;
const server = await serveRestate({
  ingress,
  admin,
  host: 'bench',
  drivers: { nothing: () => driver },
  leasePeriod: LEASE_PERIOD,
  // So that the calls can be counted.
  journalRetention: 3_600_000,
});
const { client } = server;
const spec = { host: 'bench', driver: 'nothing' };

/** @type {{ what: string, run: (agent: string) => Promise<unknown> }[]} */
const steps = [
  { what: 'deploy', run: (agent) => client.deploy(agent, spec) },
  { what: 'load, until loaded', run: (agent) => moved(agent, 'agent.load', 'loaded') },
  { what: 'instantiate, until ready', run: (agent) => moved(agent, 'agent.instantiate', 'ready') },
  { what: 'start, until running', run: (agent) => moved(agent, 'agent.start', 'running') },
  { what: 'running, until it serves', run: (agent) => until(() => server.isServing(agent)) },
  { what: 'a refusal', run: (agent) => client.command(agent, { type: 'agent.load' }) },
  { what: 'status', run: (agent) => client.status(agent) },
  { what: 'drain, until stopped', run: (agent) => moved(agent, 'agent.drain', 'stopped') },
];

// The engine learns first.
for (const { run } of steps) await run('warm-up');
await settled();

print(['Step', 'Restate calls', 'journal entries', 'journal bytes', 'median ms', 'p99 ms']);
const one = Array.from({ length: 40 }, (_, index) => `one-${index}`);
for (const { what, run } of steps) {
  const before = await counts();
  /** @type {number[]} */
  const taken = [];
  for (const agent of one) {
    const begun = performance.now();
    await run(agent);
    taken.push(performance.now() - begun);
  }
  await settled();
  const after = await counts();
  const each = (/** @type {'calls' | 'entries' | 'bytes'} */ key) =>
    ((after[key] - before[key]) / one.length).toFixed(key === 'calls' ? 1 : 0);
  print([
    what,
    each('calls'),
    each('entries'),
    each('bytes'),
    at(taken, 0.5).toFixed(1),
    at(taken, 0.99).toFixed(1),
  ]);
}

const many = Array.from({ length: AGENTS }, (_, index) => `many-${index}`);
const limit = pLimit(TOGETHER);
const [sizeBefore, cpuBefore, begun] = [await stateBytes(), process.cpuUsage(), performance.now()];
await Promise.all(
  many.map((agent) =>
    limit(async () => {
      await client.deploy(agent, spec);
      await client.run(agent);
      await until(() => server.isServing(agent));
    }),
  ),
);
const seconds = (performance.now() - begun) / 1_000;
const { user, system } = process.cpuUsage(cpuBefore);
const bytes = (await stateBytes()) - sizeBefore;
print([]);
print([`${AGENTS} agents up, ${TOGETHER} at once`, `${(AGENTS / seconds).toFixed(0)} a second`]);
print(['  of this process, per agent', `${((user + system) / 1_000 / AGENTS).toFixed(1)} ms of CPU`]);
print(['  kept per running agent', `${(bytes / AGENTS).toFixed(0)} bytes of state`]);

const caller = new AgentIngress({ ingress });
const [first] = (await client.journal(String(many[0]))).filter(({ type }) => type === 'operation');
const session = first?.type === 'operation' ? first.session : '';
const renewed = performance.now();
await Promise.all(
  Array.from({ length: RENEWALS }, (_, index) =>
    limit(async () => {
      const agent = String(many[index % AGENTS]);
      const parameter = { generation: 1, session, pending: 0, isClosed: false };
      await caller.call(agent, { method: 'renew', parameter, timeout: 60_000 });
    }),
  ),
);
print(['Renewals of leases', `${(RENEWALS / ((performance.now() - renewed) / 1_000)).toFixed(0)} a second`]);
print(['Cores, Node', `${cpus().length}, ${process.versions.node}`]);
process.exit();

/** @param {string} agent @param {string} type @param {import('xstate-agent-lifecycle').AgentLifecycleTag} tag */
async function moved(agent, type, tag) {
  await client.command(agent, { type });
  await client.waitFor(agent, tag);
}

/** Bytes of all values that the agents' objects keep. */
async function stateBytes() {
  const [row] = await query('select sum(length(value)) as bytes from state');
  return Number(row?.['bytes'] ?? 0);
}

async function counts() {
  const [calls] = await query('select count(*) as n from sys_invocation');
  const [journal] = await query('select count(*) as n, sum(raw_length) as bytes from sys_journal');
  return { calls: Number(calls?.['n']), entries: Number(journal?.['n']), bytes: Number(journal?.['bytes']) };
}

/** Waits until nothing runs; timers may still be waiting. */
async function settled() {
  const running = "select count(*) as n from sys_invocation where status not in ('completed', 'scheduled')";
  await until(async () => Number((await query(running))[0]?.['n']) === 0);
}

/** @param {string} sql @returns {Promise<Record<string, unknown>[]>} */
async function query(sql) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(`${admin}/query`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query: sql }),
  });
  const { rows } = /** @type {{ rows: Record<string, unknown>[] }} */ (await response.json());
  return rows;
}

/** @param {() => boolean | Promise<boolean>} holds */
async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** @param {string} url */
function up(url) {
  return until(async () => (await fetch(url).catch(() => null))?.ok ?? false);
}

/** @param {number[]} values @param {number} part */
function at(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN;
}

async function freePorts() {
  const servers = await Promise.all(
    [0, 0, 0].map(async (port) => {
      const server = createServer();
      await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(null)));
      return server;
    }),
  );
  const ports = servers.map(
    (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port,
  );
  for (const server of servers) server.close();
  return ports;
}

/** @param {string[]} cells */
function print(cells) {
  process.stdout.write(`${cells.map((cell, index) => cell.padEnd(index === 0 ? 34 : 16)).join('')}\n`);
}
