import type { AgentReport } from '../../../../src/host/agent/incarnation.js';
import { createAgentHost, type AgentHost } from '../../../../src/host/agent-host.js';
import { isLoopback, serveAgents } from '../server/serve-agents.js';
import { readConfig, type Config } from './config.js';
import { driverFactories } from './drivers.js';
import { recordJournals } from '../record-check/journal-record.js';
import { listenProblem } from './listen-problem.js';
import { expectFiles } from './missing-files.js';
import { openKeptAgents } from './kept-agents.js';
import { hostLog, type HostLog, type LogFormat } from './host-log.js';
import { onStopSteps, outliveReaders } from './stop-signals.js';
import { startStatelyInspector, type StatelyInspector } from './stately-inspector.js';
import { UsageError } from './usage-error.js';
import { withCleanUp } from '../../../../src/util/clean-up.js';

export interface RunOptions {
  readonly port: number;
  readonly host: string;
  readonly allowHost: readonly string[];
  readonly log: LogFormat;
  /** The file to record the journals in. */
  readonly record?: string;
  /** Where the agents are kept from one process to the next. */
  readonly data?: string;
  /** The bearer token that callers must present. */
  readonly token: string | undefined;
  /** The port for the relay of the Stately inspector, if that is wanted; 0 for any free one. */
  readonly inspect?: number | undefined;
}

/**
 * Runs the agents of a config until the process is told to stop, and serves them over HTTP.
 *
 * @returns the exit code: 0 when all agents were brought down, 1 when that was forced
 * @throws {ConfigError}, {UsageError}, {InspectError}, {StoreError} or {PersistenceError} before anything has started
 */
export async function run(configFile: string, options: RunOptions): Promise<number> {
  const config = await readConfig(configFile);
  if (options.token === undefined && !isLoopback(options.host)) {
    throw new UsageError(
      `Serving on ${options.host} lets other machines in: set AGENT_LIFECYCLE_TOKEN to the bearer token that they must present`,
    );
  }
  outliveReaders();
  const log = hostLog(options.log);
  const kept = options.data === undefined ? null : await openKeptAgents(options.data, log);
  const runAgents = async () => {
    const agents = kept?.asTheyWere(config.agents) ?? config.agents;
    await expectFiles(configFile, agents);
    const host = createAgentHost({
      drivers: await driverFactories(new Set(agents.map(({ driver }) => driver))),
      ...(kept !== null && { memory: kept.memory }),
      onError: (error, agent) => {
        log.failure(agent.name, error);
      },
      onOutput: (output, agent) => {
        log.output(agent.name, output);
      },
    });
    log.watch(host);
    return observeAndServe(host, { ...config, agents }, options, log);
  };
  return withCleanUp(runAgents, () => kept?.close());
}

/** Serves a host whose agents are recorded, and shown, as the command line has it. */
async function observeAndServe(
  host: AgentHost,
  config: Config,
  options: RunOptions,
  log: HostLog,
): Promise<number> {
  const record =
    options.record === undefined
      ? null
      : await recordJournals(host, options.record, (error) => {
          log.failure('The record', error);
        });
  const serve = async () => {
    const inspector =
      options.inspect === undefined ? null : await startStatelyInspector(host, options.inspect);
    return withCleanUp(
      () => serveUntilStopped(host, config, options, log, inspector),
      () => inspector?.close(),
    );
  };
  return withCleanUp(serve, () => record?.close());
}

async function serveUntilStopped(
  host: AgentHost,
  config: Config,
  options: RunOptions,
  log: HostLog,
  inspector: StatelyInspector | null,
): Promise<number> {
  host.deployAll(config.agents);
  const server = await serveAgents(host, {
    hostname: options.host,
    port: options.port,
    allowedHosts: options.allowHost,
    token: options.token,
    onError: (error) => {
      log.failure('The server', error);
    },
  }).catch((error: unknown) => {
    throw listenProblem(error, options, { host: '--host', port: '--port' });
  });
  log.serving(
    host.agents.map(({ name }) => name),
    server.url,
  );
  if (inspector !== null) log.inspecting(inspector.url);
  const stopped = stopOnSignals(host, config, log);
  void start(host, config, log);
  const { step, reports } = await stopped;
  for (const report of reports) log.left(report);
  await server.close();
  return step === 'force' ? 1 : 0;
}

async function start(host: AgentHost, { phaseTimeout }: Config, log: HostLog): Promise<void> {
  for (const { name, error } of await host.run({ phaseTimeout })) {
    if (error !== null) log.notStarted({ name, error });
  }
}

interface HostEnd {
  readonly step: 'drain' | 'force';
  readonly reports: readonly AgentReport[];
}

/** Drains the agents at the first signal, waits for no request after the second, and exits at the third. */
async function stopOnSignals(
  host: AgentHost,
  { preDrainDelay = 0, phaseTimeout }: Config,
  log: HostLog,
): Promise<HostEnd> {
  return new Promise((resolve, reject) => {
    let last: HostEnd['step'] = 'drain';
    onStopSteps((step, signal) => {
      log.stopping(signal, step);
      if (step === 'exit') return;
      last = step;
      const isForced = step === 'force';
      host
        .shutdown({ force: isForced, preDrainDelay: isForced ? 0 : preDrainDelay, phaseTimeout })
        .then((reports) => {
          resolve({ step: last, reports });
        }, reject);
    });
  });
}
