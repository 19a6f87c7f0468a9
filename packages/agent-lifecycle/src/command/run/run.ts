import { type AgentHost, createAgentHost } from 'xstate-agent-lifecycle';
import { withCleanUp } from '../../../../../src/util/clean-up.js';
import { isLoopback, serveAgents } from '../../server/serve-agents.js';
import { readConfig, type Config } from '../config/config.js';
import { driverFactories } from '../config/drivers.js';
import { recordJournals } from './journal-record.js';
import { listenProblem } from '../listen-problem.js';
import { assertFiles } from '../config/missing-files.js';
import { openKeptAgents } from './kept-agents.js';
import { hostLog, type HostLog, type LogFormat } from '../log/host-log.js';
import { outliveReaders, stopOnSignals } from '../stop-signals.js';
import { startStatelyInspector, type StatelyInspector } from './stately-inspector.js';
import { UsageError } from '../command-error.js';

export interface RunOptions {
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly log: LogFormat;
  /** The file to record the journals in. */
  readonly record?: string;
  /** The directory that keeps the agents across restarts. */
  readonly data?: string;
  /** The bearer token that callers must present. */
  readonly token: string | undefined;
  /** The port for the relay of the Stately inspector; 0 for any free one. Without it there is none. */
  readonly inspect?: number | undefined;
}

/**
 * Runs the agents of a config until a signal stops the process, and serves them over HTTP.
 *
 * @returns the exit code: 0 when all agents were shut down, 1 when that was forced
 * @throws {ConfigError}, {UsageError}, {InspectError}, {MissingPackageError}, {StoreError} or {PersistenceError} before anything has started
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
    const agents = kept?.withKeptVersions(config.agents) ?? config.agents;
    await assertFiles(configFile, agents);
    const host = createAgentHost({
      drivers: await driverFactories(new Set(agents.map(({ driver }) => driver))),
      ...(kept !== null && { persistence: kept.persistence }),
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

/** Serves a host, with the record and the inspector that the command line asks for. */
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
    allowedHosts: options.allowHost ?? [],
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
  const { preDrainDelay = 0, phaseTimeout } = config;
  const stopped = stopOnSignals(
    (step) => {
      const isForced = step === 'force';
      return host.shutdown({
        force: isForced,
        preDrainDelay: isForced ? 0 : preDrainDelay,
        phaseTimeout,
      });
    },
    (signal, step) => {
      log.stopping(signal, step);
    },
  );
  void start(host, config, log);
  const { step, result: reports } = await stopped;
  for (const report of reports) log.left(report);
  await server.close();
  return step === 'force' ? 1 : 0;
}

async function start(host: AgentHost, { phaseTimeout }: Config, log: HostLog): Promise<void> {
  for (const { name, error } of await host.run({ phaseTimeout })) {
    if (error !== null) log.notStarted({ name, error });
  }
}
