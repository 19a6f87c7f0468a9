import { type RestateServer, serveRestate } from 'xstate-agent-lifecycle/restate';
import { type AgentDriverFactory, MissingPackageError } from 'xstate-agent-lifecycle';
import { quietly } from '../../../../../src/util/clean-up.js';
import { ConfigError } from '../command-error.js';
import { readConfig, type ConfigAgent } from '../config/config.js';
import { deployAndRun } from './deploy-and-run.js';
import { CONFIG_DRIVERS, driverFactories } from '../config/drivers.js';
import { listenProblem } from '../listen-problem.js';
import { assertFiles } from '../config/missing-files.js';
import { serveRequests } from './serve-requests.js';
import { outliveReaders, stopOnSignals, type StopStep } from '../stop-signals.js';

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
 * Hosts agents for Restate until a signal stops the process.
 *
 * @returns the exit code: 0 when the agents of this host were brought down, 1 when that was forced or some were not
 * @throws {ConfigError}, {MissingPackageError} or {DistributedError} before anything has started
 */
export async function serve(configFile: string | null, options: ServeOptions): Promise<number> {
  const agents = configFile === null ? [] : await agentsIn(configFile);
  // Drivers of the config whose packages are missing: nothing may start then.
  await driverFactories(new Set(agents.map(({ driver }) => driver)));
  outliveReaders();
  const drivers = await allDrivers();
  const stopped = new AbortController();
  let server: RestateServer | null = null;
  // Before Restate sends agents here: a port that is in use must be found first.
  const requests =
    options.parts === 'objects'
      ? null
      : await serveRequests(() => server, {
          port: options.requestsPort,
          token: options.token,
          isLeaving: () => stopped.signal.aborted,
          onError: (error) => {
            say(`The requests: ${error instanceof Error ? error.message : String(error)}`);
          },
        }).catch((error: unknown) => {
          const at = { host: '127.0.0.1', port: options.requestsPort };
          throw listenProblem(error, at, { port: '--requests-port' });
        });
  try {
    server = await serveRestate({
      ingress: options.restate,
      admin: options.restateAdmin ?? adminBeside(options.restate),
      host: options.hostName,
      drivers,
      port: options.port,
      hostname: options.listen,
      advertised: options.advertise,
      parts: options.parts,
      onError: (error, agent) => {
        say(`${agent}: ${error instanceof Error ? error.message : String(error)}`);
      },
      onOutput: ({ text }, agent) => {
        say(`${agent} | ${text}`);
      },
    });
  } catch (error) {
    await quietly(() => requests?.close());
    throw listenProblem(
      error,
      { host: options.listen, port: options.port },
      { host: '--listen', port: '--port' },
    );
  }
  say(`Restate at ${options.restate} calls this host, ${options.hostName}, at ${server.url}`);
  if (requests !== null) say(`Its agents take requests on ${requests.url}`);
  const { client } = server;
  const deployed = Promise.all(
    agents.map((spec) => deployAndRun(client, options.hostName, spec, say, stopped.signal)),
  );
  const registered = server;
  const { step, result } = await stopOnSignals(
    async (next) => {
      stopped.abort();
      await deployed;
      return registered.close({ force: next === 'force' });
    },
    (signal, next) => {
      sayStep(signal, next, options.parts);
    },
  );
  const { left } = result;
  await requests?.close();
  if (left.length > 0) say(`Not brought down: ${left.join(', ')}`);
  return step === 'force' || left.length > 0 ? 1 : 0;
}

const TAKES_OBJECTS =
  'The objects of agents end with this process: nothing is decided about any agent until another serves them';

function sayStep(signal: NodeJS.Signals, step: StopStep, parts: ServeOptions['parts']): void {
  if (step === 'exit') return;
  say(step === 'force' ? `${signal}: stopping the agents at once` : `${signal}: draining the agents`);
  if (step === 'drain' && parts === 'all') say(TAKES_OBJECTS);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @throws {ConfigError} for fields that Restate's agents do not support: they would be ignored silently */
async function agentsIn(file: string): Promise<readonly ConfigAgent[]> {
  const { agents } = await readConfig(file);
  await assertFiles(file, agents);
  const problems = agents.flatMap(({ restart, dependsOn, requests }, index) => [
    ...(restart === undefined
      ? []
      : [`agents[${index}].restart: expected none: Restate's agents are not supervised`]),
    ...(dependsOn === undefined
      ? []
      : [`agents[${index}].dependsOn: expected none: Restate's agents are on their own`]),
    ...(requests === undefined
      ? []
      : [`agents[${index}].requests: expected none: Restate's agents have the default limits`]),
  ]);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return agents;
}

function adminBeside(ingress: string): string {
  const url = new URL(ingress);
  url.port = '9070';
  return url.origin;
}

/** All drivers: which of them agents will use is not known yet. One whose package is missing says so to its agents. */
async function allDrivers(): Promise<Record<string, AgentDriverFactory>> {
  const found = CONFIG_DRIVERS.map(async ({ name }): Promise<Record<string, AgentDriverFactory>> => {
    try {
      return await driverFactories(new Set([name]));
    } catch (error) {
      if (!(error instanceof MissingPackageError)) throw error;
      const fail = () => {
        throw error;
      };
      return { [name]: fail };
    }
  });
  return Object.assign({}, ...(await Promise.all(found))) as Record<string, AgentDriverFactory>;
}
