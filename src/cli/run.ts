import { wasmDriver } from '../drivers/wasm/wasm-driver.js';
import type { AgentReport } from '../host/incarnation.js';
import { createAgentHost, type AgentHost } from '../host/agent-host.js';
import { isLoopback, serveAgents } from '../server/serve-agents.js';
import { logAgents, reportText } from './agent-log.js';
import { readConfig } from './config.js';
import { stopSteps, type StopStep } from './stop-signals.js';
import { UsageError } from './usage-error.js';

export interface RunOptions {
  readonly port: number;
  readonly host: string;
  readonly allowHost: readonly string[];
  /** The bearer token that callers must present. */
  readonly token: string | undefined;
}

/** RFC 6750's. */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/;

/**
 * Runs the agents of a config until the process is told to stop, and serves them over HTTP.
 *
 * @returns the exit code: 0 when all agents were brought down, 1 when that was forced
 * @throws {ConfigError} or {UsageError} before anything has started
 */
export async function run(configFile: string, options: RunOptions): Promise<number> {
  const specs = await readConfig(configFile);
  if (options.token === undefined && !isLoopback(options.host)) {
    throw new UsageError(
      `Serving on ${options.host} lets other machines in: set AGENT_LIFECYCLE_TOKEN to the bearer token that they must present`,
    );
  }
  if (options.token !== undefined && !BEARER_TOKEN.test(options.token)) {
    throw new UsageError(
      'AGENT_LIFECYCLE_TOKEN is no bearer token: expected letters, digits and -._~+/ only',
    );
  }
  // Whoever reads the output may leave before the agents are down.
  process.stdout.on('error', () => undefined);
  const host = createAgentHost({
    drivers: { wasm: wasmDriver() },
    onError: (error, agent) => {
      print(`${agent.name}: ${String(error)}`);
    },
  });
  for (const spec of specs) host.deploy(spec);
  const server = await serveAgents(host, {
    hostname: options.host,
    port: options.port,
    allowedHosts: options.allowHost,
    token: options.token,
    onError: (error) => {
      print(`The server: ${String(error)}`);
    },
  });
  print(`Serving ${host.agents.map(({ name }) => name).join(', ')} on ${server.url}`);
  logAgents(host, print);
  const stopped = stopOnSignals(host);
  for (const agent of host.agents) void agent.run();
  const exitCode = await stopped;
  await server.close();
  return exitCode;
}

/** Drains the agents at the first signal, and waits for no request after the second. */
async function stopOnSignals(host: AgentHost): Promise<number> {
  const nextStep = stopSteps(() => performance.now());
  const { reports, step } = await new Promise<{ reports: readonly AgentReport[]; step: StopStep }>(
    (resolve, reject) => {
      let last: StopStep = 'drain';
      const onSignal = (signal: NodeJS.Signals) => {
        const step = nextStep();
        if (step === null) return;
        last = step;
        print(
          `${signal}: ${step === 'drain' ? 'accepting no more, draining' : 'stopping without waiting for requests'}`,
        );
        host.shutdown({ force: step === 'force' }).then((reports) => {
          resolve({ reports, step: last });
        }, reject);
      };
      process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    },
  );
  for (const report of reports) print(reportText(report));
  return step === 'force' ? 1 : 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
