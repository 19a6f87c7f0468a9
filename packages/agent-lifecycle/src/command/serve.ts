import { serveRestate, type RestateServer } from '../../../../src/restate/serve-restate.js';
import type { AgentDriverFactory } from '../../../../src/host/agent-driver.js';
import type { AgentSpec } from '../../../../src/host/agent-spec.js';
import { ConfigError } from './config-error.js';
import { readConfig } from './config.js';
import { deployAndRun } from './deploy-and-run.js';
import { CONFIG_DRIVERS, driverFactories } from './drivers.js';
import { listenProblem } from './listen-problem.js';
import { expectFiles } from './missing-files.js';
import { serveRequests } from './serve-requests.js';
import { onStopSteps, outliveReaders } from './stop-signals.js';
import { UsageError } from './usage-error.js';
import { quietly } from '../../../../src/util/clean-up.js';

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
 * @returns the exit code: 0 when the agents of this host were brought down, 1 when that was forced or some were not
 * @throws {ConfigError}, {UsageError} or {DistributedError} before anything has started
 */
export async function serve(configFile: string | null, options: ServeOptions): Promise<number> {
  const agents = configFile === null ? [] : await agentsIn(configFile);
  outliveReaders();
  const drivers = await installedDrivers();
  const stopped = new AbortController();
  let server: RestateServer | null = null;
  // Before Restate sends agents here: without it nobody could ask them for anything.
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
  const { step, left } = await stopOnSignals(server, options.parts, async () => {
    stopped.abort();
    await deployed;
  });
  await requests?.close();
  if (left.length > 0) say(`Not brought down: ${left.join(', ')}`);
  return step === 'force' || left.length > 0 ? 1 : 0;
}

/** What is served last takes the calls: nobody may be left to take them. */
const TAKES_OBJECTS =
  'The objects of agents end with this process: nothing is decided about any agent until another serves them';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What the objects on Restate have no part in would be left out in silence. */
async function agentsIn(file: string): Promise<readonly AgentSpec[]> {
  const { agents } = await readConfig(file);
  await expectFiles(file, agents);
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
function stopOnSignals(
  server: RestateServer,
  parts: ServeOptions['parts'],
  before: () => Promise<void>,
): Promise<{ readonly step: 'drain' | 'force'; readonly left: readonly string[] }> {
  return new Promise((resolve, reject) => {
    let last: 'drain' | 'force' = 'drain';
    onStopSteps((step, signal) => {
      if (step === 'exit') return;
      last = step;
      say(step === 'force' ? `${signal}: stopping the agents at once` : `${signal}: draining the agents`);
      if (step === 'drain' && parts === 'all') say(TAKES_OBJECTS);
      before()
        .then(() => server.close({ force: step === 'force' }))
        .then(({ left }) => {
          resolve({ step: last, left });
        }, reject);
    });
  });
}
