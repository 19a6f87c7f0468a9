import { type AgentHost, assertKnownKeys, InvalidValueError } from 'xstate-agent-lifecycle';
import { APP_OPTIONS, createAgentApp, type AgentAppOptions } from './agent-app.js';
import { isHostName } from './host-name.js';
import { startHttpServer } from './http-server.js';

export interface ServeOptions extends Omit<AgentAppOptions, 'closing'> {
  /** The name or the address to listen on. */
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Milliseconds that a client may take for the headers of a request; 10 000 by default. */
  readonly headersTimeout?: number | undefined;
  /** Milliseconds that a body may take beyond what its bytes are worth; 10 000 by default. */
  readonly bodyGrace?: number | undefined;
  /** Further host names by which the server may be called, without a port. */
  readonly allowedHosts?: readonly string[];
}

export interface AgentServer {
  readonly url: string;
  /** Takes no more connections, ends the event streams, and lets answers under way arrive. */
  close(): Promise<void>;
}

const OPTIONS: readonly string[] = [
  ...(['hostname', 'port', 'headersTimeout', 'bodyGrace'] satisfies (keyof ServeOptions)[]),
  ...APP_OPTIONS.filter((name) => name !== 'closing'),
];

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** Milliseconds that a client may take to read what it has asked for, once the server closes. */
const CLOSE_TIMEOUT = 2_000;

export function isLoopback(hostname: string): boolean {
  return LOOPBACK.includes(inUrl(hostname)) || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Serves a host's agents over HTTP, and resolves when it listens.
 *
 * @throws {InvalidValueError} for a host name that no call could have, for an unknown option, and for what is no host of agents
 * @throws what the system says when it cannot listen: `EADDRINUSE`, `EACCES`, `ENOTFOUND`
 */
export async function serveAgents(host: AgentHost, options: ServeOptions): Promise<AgentServer> {
  assertKnownKeys('ServeOptions', options, OPTIONS);
  const { hostname, port, headersTimeout, bodyGrace, allowedHosts = [], ...rest } = options;
  const { onError = () => undefined } = rest;
  if (typeof (hostname as unknown) !== 'string') {
    throw new InvalidValueError({ field: 'hostname', expected: 'a name or an address', received: hostname });
  }
  const closing = new AbortController();
  const own = isHostName(hostname) ? [hostname] : [];
  const names = [...LOOPBACK, ...own, ...allowedHosts];
  const app = createAgentApp(host, { ...rest, allowedHosts: names, closing: closing.signal });
  const server = await startHttpServer({
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    fetch: app.fetch,
    isLeaving: () => host.isShuttingDown,
    onError,
    headersTimeout,
    bodyGrace,
  });
  return {
    url: `http://${inUrl(hostname)}:${server.port}`,
    close: () => {
      closing.abort();
      return server.close(CLOSE_TIMEOUT);
    },
  };
}

/** An IPv6 address stands in brackets there. */
function inUrl(hostname: string): string {
  return hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
}
