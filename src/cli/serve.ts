import { constants } from 'node:os';
import { serveRestate, type RestateServer } from '../durable/restate/serve-restate.js';
import type { AgentDriverFactory } from '../host/agent-driver.js';
import type { AgentSpec } from '../host/agent-spec.js';
import { ConfigError } from './config-error.js';
import { readConfig } from './config.js';
import { deployAndRun } from './deploy-and-run.js';
import { CONFIG_DRIVERS, driverFactories } from './drivers.js';
import { serveRequests } from './serve-requests.js';
import { stopSteps } from './stop-signals.js';
import { UsageError } from './usage-error.js';

export interface ServeOptions {
  readonly restate: string;
  readonly restateAdmin?: string | undefined;
  readonly hostName: string;
  readonly port: number;
  readonly listen: string;
  readonly advertise?: string | undefined;
  readonly parts: 'all' | 'objects' | 'host';
  readonly requestsPort: number;
  readonly token: string | undefined;
}

/**
 * Hosts agents for Restate until the process is told to stop.
 *
 * @returns the exit code: 0 when the agents of this host were brought down, 1 when that was forced
 * @throws {ConfigError}, {UsageError} or {DistributedError} before anything has started
 */
export async function serve(configFile: string | null, options: ServeOptions): Promise<number> {
  const agents = configFile === null ? [] : await agentsIn(configFile);
  const server = await serveRestate({
    ingress: options.restate,
    admin: options.restateAdmin ?? adminBeside(options.restate),
    host: options.hostName,
    drivers: await installedDrivers(),
    port: options.port,
    hostname: options.listen,
    advertised: options.advertise,
    parts: options.parts,
    onError: (error, agent) => {
      say(`${agent}: ${error instanceof Error ? error.message : String(error)}`);
    },
  });
  // Its end is that of the process, whatever the port of the requests says.
  const requests =
    options.parts === 'objects'
      ? null
      : await serveRequests(server, { port: options.requestsPort, token: options.token }).catch(
          async (error: unknown) => {
            await server.close();
            throw error;
          },
        );
  say(`Restate at ${options.restate} calls this host, ${options.hostName}, at ${server.url}`);
  if (requests !== null) say(`Its agents take requests on ${requests.url}`);
  for (const spec of agents) void deployAndRun(server.client, options.hostName, spec, say);
  const step = await stopOnSignals(server);
  await requests?.close();
  return step === 'force' ? 1 : 0;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What the objects on Restate have no part in would be left out in silence. */
async function agentsIn(file: string): Promise<readonly AgentSpec[]> {
  const { agents } = await readConfig(file);
  const problems = agents.flatMap(({ restart, dependsOn }, index) => [
    ...(restart === undefined
      ? []
      : [`agents[${index}].restart: expected none: Restate's agents are not supervised`]),
    ...(dependsOn === undefined
      ? []
      : [`agents[${index}].dependsOn: expected none: Restate's agents are on their own`]),
  ]);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return agents;
}

function adminBeside(ingress: string): string {
  const url = new URL(ingress);
  url.port = '9070';
  return url.origin;
}

/** The drivers of which all that they need is there: which of them agents will name is not known yet. */
async function installedDrivers(): Promise<Record<string, AgentDriverFactory>> {
  const found = CONFIG_DRIVERS.map(async ({ name }) => {
    try {
      return await driverFactories(new Set([name]));
    } catch (error) {
      if (error instanceof UsageError) return {};
      throw error;
    }
  });
  return Object.assign({}, ...(await Promise.all(found))) as Record<string, AgentDriverFactory>;
}

/** Drains the agents at the first signal, waits for no request after the second, and exits at the third. */
function stopOnSignals(server: RestateServer): Promise<'drain' | 'force'> {
  const nextStep = stopSteps(() => performance.now());
  return new Promise((resolve, reject) => {
    let last: 'drain' | 'force' = 'drain';
    const onSignal = (signal: NodeJS.Signals) => {
      const step = nextStep();
      if (step === null) return;
      if (step === 'exit') process.exit(128 + constants.signals[signal]);
      last = step;
      say(step === 'force' ? `${signal}: stopping the agents at once` : `${signal}: draining the agents`);
      server.close({ force: step === 'force' }).then(() => {
        resolve(last);
      }, reject);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}
