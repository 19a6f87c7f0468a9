import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type ListenOptions, type Socket } from 'node:net';
import { InspectError } from 'xstate-agent-lifecycle/inspect';
import { listenProblem } from '../listen-problem.js';

export interface InspectorRelay {
  readonly port: number;
  stop(): void;
}

const LOOPBACK = '127.0.0.1';
/** Bytes that may wait for a page, before its connection is cut. */
const MAX_UNREAD = 16 * 1024 * 1024;
/** Milliseconds between two looks at the unread bytes. */
const INTERVAL = 1_000;

/**
 * Starts the relay of the Stately inspector, for this machine only.
 *
 * @param wanted the port; 0 for any free one
 * @param createInspectorServer that of `@statelyai/inspect/server`
 * @throws {InspectError} `PortInUse`
 */
export async function startInspectorRelay(
  wanted: number,
  createInspectorServer: typeof import('@statelyai/inspect/server').createInspectorServer,
): Promise<InspectorRelay> {
  const port = await freePort(wanted);
  const { relay, server } = onLoopback(() => createInspectorServer({ port, autoOpen: false }));
  guard(server, port);
  const stopWatching = watchConnections(server);
  if (!server.listening) await once(server, 'listening');
  return {
    port,
    stop: () => {
      relay.stop();
      stopWatching();
    },
  };
}

/** The relay does not say on which port it listens, and ends the process when it cannot listen. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      probe.once('error', reject).listen(wanted, LOOPBACK, () => {
        resolve((probe.address() as AddressInfo).port);
      });
    });
  } catch (error) {
    const problem = listenProblem(error, { host: LOOPBACK, port: wanted }, { port: '--inspect' }) as Error;
    throw new InspectError('PortInUse', problem.message, { cause: error });
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}

const LISTEN = 'tracing:net.server.listen:asyncStart';

/**
 * Creates the relay, with its server bound to the loopback interface. The relay has no option for the address, listens
 * on every interface by default, and keeps its server to itself: Node's diagnostics have both, before it listens.
 */
function onLoopback<Relay>(create: () => Relay): { readonly relay: Relay; readonly server: Server } {
  let server: Server | undefined;
  const onListen = (message: unknown) => {
    const listening = message as { server: Server; options: ListenOptions };
    listening.options.host = LOOPBACK;
    server = listening.server;
  };
  subscribe(LISTEN, onListen);
  try {
    const relay = create();
    if (server !== undefined) return { relay, server };
    throw new Error('The server of the Stately inspector cannot be bound to this machine');
  } finally {
    unsubscribe(LISTEN, onListen);
  }
}

/**
 * Cuts the connections of pages that do not read, as one that is frozen: the relay would store its events for ever.
 *
 * @returns stops watching, and cuts all connections: the relay leaves its pages connected
 */
function watchConnections(server: Server): () => void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const timer = setInterval(() => {
    for (const socket of sockets) {
      if (socket.writableLength > MAX_UNREAD) socket.destroy();
    }
  }, INTERVAL).unref();
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}

/**
 * Lets the relay answer only its own page, and programs. Otherwise any page of the web could connect to it, and read all
 * that the agents do.
 */
function guard(server: Server, port: number): void {
  const own = new Set([...LOOPBACK_NAMES].map((name) => `${name}:${port}`));
  const isOwn = ({ headers: { host = '', origin } }: IncomingMessage) =>
    own.has(host) && (origin === undefined || own.has(origin.replace(/^http:\/\//, '')));
  const isOfOtherSite = ({ headers }: IncomingMessage) =>
    /^(cross|same)-site$/.test(String(headers['sec-fetch-site'])) &&
    headers['sec-fetch-mode'] !== 'websocket';
  const answers = server.listeners('request') as RequestListener[];
  const connects = server.listeners('upgrade') as ((
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ) => void)[];
  server.removeAllListeners('request').removeAllListeners('upgrade');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(GUARDS)) response.setHeader(name, value);
    if (!isOwn(request) || isOfOtherSite(request)) response.writeHead(403).end();
    else for (const answer of answers) answer(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isOwn(request)) socket.destroy();
    else for (const connect of connects) connect(request, socket, head);
  });
}

const LOOPBACK_NAMES = ['localhost', LOOPBACK];

/** Its page has an inline script, and a frame: a policy for these would break it. */
const GUARDS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-security-policy': "frame-ancestors 'none'",
};
