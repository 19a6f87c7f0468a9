import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { InspectError } from '../../../../src/inspect/inspect-error.js';
import { listenProblem } from './listen-problem.js';

export interface InspectorRelay {
  readonly port: number;
  stop(): void;
}

const LOOPBACK = '127.0.0.1';
/** Bytes that wait for a page, before it is left to itself. */
const MAX_UNREAD = 16 * 1024 * 1024;
/** Milliseconds from one look at what is unread to the next. */
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
  const connections = new Connections(port);
  const server = createInspectorServer({ port: onLoopback(port), autoOpen: false });
  // It listens by then: who connects first succeeds.
  await setImmediate();
  return {
    port,
    stop: () => {
      server.stop();
      connections.stop();
    },
  };
}

/** The relay tells nobody on which port it listens, and ends the process where it cannot. */
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

/**
 * The relay knows ports only and listens on every interface, for everyone. It hands its port to Node, which takes an
 * address in place of one, and writes it into its page, as which this reads like a port.
 */
function onLoopback(port: number): number {
  return { port, host: LOOPBACK, toString: () => String(port) } as unknown as number;
}

/**
 * The relay's connections, which it keeps to itself: it would store for ever what a page that is frozen does not
 * read, and leave the pages connected when it stops.
 */
class Connections {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  #isGuarded = false;

  constructor(port: number) {
    this.#port = port;
    subscribe('net.server.socket', this.#admit);
    this.#timer = setInterval(() => {
      for (const socket of this.#sockets) {
        if (socket.writableLength > MAX_UNREAD) socket.destroy();
      }
    }, INTERVAL).unref();
  }

  stop(): void {
    unsubscribe('net.server.socket', this.#admit);
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  readonly #admit = (message: unknown): void => {
    const { socket } = message as { socket: Socket & { readonly server: Server } };
    if (socket.localPort !== this.#port) return;
    // Before anything that comes on its first connection is read.
    if (!this.#isGuarded) guard(socket.server, this.#port);
    this.#isGuarded = true;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  };
}

/**
 * Has the relay answer nobody but its own page, and programs: any page of the web could connect to it otherwise, and
 * read all that the agents do.
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

/** Its page has a script within itself, and shows another: it has no policy for these. */
const GUARDS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-security-policy': "frame-ancestors 'none'",
};
