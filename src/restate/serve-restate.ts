import { assertKnownKeys } from '../values/assert-known-keys.js';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { InvalidValueError } from '../values/invalid-value-error.js';
import type { AgentDriverFactory, AgentOutput } from '../host/agent-driver.js';
import type { Lease } from '../host/requests/lease-table.js';
import { AgentIngress } from './client/agent-ingress.js';
import { HostLink } from './host/host-link.js';
import { hostName } from './wire/hosted-spec.js';
import { HostedAgents } from './host/hosted-agents.js';
import { hostService } from './host/host-service.js';
import { lifecycleObjects } from './object/lifecycle-objects.js';
import { createLifecycleClient, type LifecycleClient } from './client/lifecycle-client.js';
import { loadSdk } from './wire/load-sdk.js';
import { parseObjectOptions, type DelayOf, type LifecycleObjectsOptions } from './object/object-options.js';
import { operationDispatch } from './object/operation-dispatch.js';
import { checkIngress, registerDeployment } from './register-deployment.js';
import { shutDownAgents } from './host/shut-down-agents.js';
import { quietly } from '../util/clean-up.js';

/** How a host serves agents for Restate. */
export interface ServeRestateOptions extends LifecycleObjectsOptions {
  /** Where Restate takes calls: `http://127.0.0.1:8080`. */
  readonly ingress: string;
  /** Where Restate is administrated: `http://127.0.0.1:9070`. */
  readonly admin: string;
  /** The name of this host, which agents are deployed to: 1 to 63 letters, digits, `-` and `_`. */
  readonly host: string;
  /** The kinds of agents that it can run, by the name that a spec calls them. */
  readonly drivers: Readonly<Record<string, AgentDriverFactory>>;
  /** The port that Restate calls; any free one by default. */
  readonly port?: number | undefined;
  /** The address that it listens on; 127.0.0.1 by default. Whoever reaches it can command the agents. */
  readonly hostname?: string | undefined;
  /** The URL by which Restate reaches it; that of `hostname` and the port by default. */
  readonly advertised?: string | undefined;
  /**
   * What is served: the objects of agents, which any number of machines may serve under one URL, this host's agents, or
   * both, which is the default.
   */
  readonly parts?: 'all' | 'objects' | 'host' | undefined;
  /** Restate's public keys, of which one must have signed each call: see its docs on the identity of requests. */
  readonly identityKeys?: readonly string[] | undefined;
  /** Called with errors that belong to no lifecycle. Ignored by default. */
  readonly onError?: ((error: unknown, agent: string) => void) | undefined;
  /** Receives what agents print, a line at a time. It is dropped by default. */
  readonly onOutput?: ((output: AgentOutput, agent: string) => void) | undefined;
}

const OPTIONS = [
  'ingress',
  'admin',
  'host',
  'drivers',
  'port',
  'hostname',
  'advertised',
  'parts',
  'identityKeys',
  'onError',
  'onOutput',
  'leasePeriod',
  'journalCapacity',
  'countTimeout',
  'idempotencyRetention',
  'journalRetention',
] as const satisfies (keyof ServeRestateOptions)[];

/** How the agents of a host ended. */
export interface CloseReport {
  /** The agents that could not be shut down. Their state is not known. */
  readonly left: readonly string[];
}

/** A host that serves agents for Restate. */
export interface RestateServer {
  /** Where Restate reaches it. */
  readonly url: string;
  readonly client: LifecycleClient;
  /** The names of the agents that this process runs. */
  readonly agents: readonly string[];
  /** Whether this process serves an agent: it holds the lease, and the lifecycle accepts requests. */
  isServing(agent: string): boolean;
  /**
   * Counts a request that the caller carries out itself, until it is released.
   *
   * @throws {DistributedError} `NotHostedHere`, `NoLease`
   * @throws {StateTransitionError} where the lifecycle takes none
   */
  accept(agent: string): Lease;
  /** Sends a request to an agent. Throws what `accept` throws, and `RequestError`. */
  request(agent: string, payload: unknown, options?: { signal?: AbortSignal | undefined }): Promise<unknown>;
  /** Shuts down the agents that run here, then the server. With `force`, also in a second call, it waits for no request. */
  close(options?: { force?: boolean }): Promise<CloseReport>;
}

/**
 * Serves agents as Restate's virtual objects, and this machine as their host, and registers both with Restate.
 *
 * @throws {MissingPackageError}
 * @throws {DistributedError} `NodeTooOld`, `Unreachable`, `NotRestate`, `RegistrationRefused`
 * @throws {InvalidValueError} for an option that is not what it should be; and what the system says of the port
 */
export function serveRestate(options: ServeRestateOptions): Promise<RestateServer> {
  return serveRestateWith(options, (milliseconds) => milliseconds);
}

/** @internal `serveRestate` with other delays for the lifecycles. */
export async function serveRestateWith(
  options: ServeRestateOptions,
  delayOf: DelayOf,
): Promise<RestateServer> {
  assertKnownKeys('ServeRestateOptions', options, OPTIONS);
  const { ingress, admin, drivers, hostname = '127.0.0.1', port = 0, parts = 'all' } = options;
  const { onError = () => undefined, onOutput = () => undefined } = options;
  if (!hostName.safeParse(options.host).success) {
    const expected = '1 to 63 letters, digits, - and _';
    throw new InvalidValueError({ field: 'host', expected, received: options.host });
  }
  const objectOptions = parseObjectOptions(options, delayOf);
  const sdk = await loadSdk();
  const client = createLifecycleClient({ ingress });
  const link = new HostLink(new AgentIngress({ ingress }));
  const agents = new HostedAgents({ host: options.host, drivers, link, onError, onOutput });
  const objects = [lifecycleObjects(sdk, objectOptions), operationDispatch(sdk, objectOptions)];
  const services = [
    ...(parts === 'host' ? [] : objects),
    ...(parts === 'objects' ? [] : [hostService(sdk, options.host, agents, objectOptions)]),
  ];
  const handler = sdk.createEndpointHandler({
    services,
    // Its own log tells of each retry, on the console.
    logger: () => undefined,
    ...(options.identityKeys && { identityKeys: [...options.identityKeys] }),
  });
  const server = createServer(handler);
  const sessions = sessionsOf(server);
  await listen(server, port, hostname);
  const close = () => closeServer(server, sessions);
  const bound = (server.address() as AddressInfo).port;
  const url = options.advertised ?? `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${bound}`;
  try {
    await checkIngress(ingress);
    await registerDeployment(admin, url);
  } catch (error) {
    await quietly(close);
    throw error;
  }
  return {
    url,
    client,
    get agents() {
      return agents.names;
    },
    isServing: (agent) => agents.isServing(agent),
    accept: (agent) => agents.accept(agent),
    request: (agent, payload, requestOptions) => agents.request(agent, payload, requestOptions),
    close: async ({ force = false } = {}) => {
      const left = await shutDownAgents(client, agents, force, onError);
      await agents.disposeAll();
      await close();
      return { left };
    },
  };
}

function sessionsOf(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  return sessions;
}

function listen(server: Http2Server, port: number, hostname: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Restate keeps its connections; what it says after this it says again elsewhere, or later. */
function closeServer(server: Http2Server, sessions: ReadonlySet<ServerHttp2Session>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const session of sessions) session.destroy();
  });
}
