import { serve, type ServerType } from '@hono/node-server';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentHost } from '../host/agent-host.js';
import { agentApp } from './agent-app.js';

export interface ServeOptions {
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Further host names by which the server may be called. */
  readonly allowedHosts?: readonly string[];
  readonly token?: string | undefined;
  readonly maxBody?: number;
  readonly onError?: (error: unknown) => void;
}

export interface AgentServer {
  readonly url: string;
  /** Takes no more connections, ends the event streams, and lets answers under way arrive. */
  close(): Promise<void>;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** Milliseconds that a client may take to read what it has asked for, once the server closes. */
const LINGER = 2_000;

export function isLoopback(hostname: string): boolean {
  return LOOPBACK.includes(inUrl(hostname)) || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Serves a host's agents over HTTP, and resolves when it listens.
 *
 * @throws what the system says when it cannot listen: `EADDRINUSE`, `EACCES`, `ENOTFOUND`
 */
export async function serveAgents(host: AgentHost, options: ServeOptions): Promise<AgentServer> {
  const { hostname, port, allowedHosts = [], token, ...rest } = options;
  const closing = new AbortController();
  const names = [...LOOPBACK, inUrl(hostname), ...allowedHosts.map(inUrl)];
  const app = agentApp(host, { ...rest, allowedHosts: names, token, closing: closing.signal });
  const server = await listen(app.fetch, hostname.replace(/^\[(.*)\]$/, '$1'), port);
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://${inUrl(hostname)}:${boundPort}`,
    close: async () => {
      closing.abort();
      await closeWithin(server as Server, LINGER);
    },
  };
}

function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  hostname: string,
  port: number,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port }, () => {
      server.off('error', reject);
      resolve(server);
    });
    server.once('error', reject);
  });
}

function closeWithin(server: Server, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => {
      server.closeAllConnections();
    }, milliseconds);
    // A connection that is kept alive idles only once its answer has arrived, which no event tells.
    const sweep = setInterval(() => {
      server.closeIdleConnections();
    }, 20);
    server.close(() => {
      clearTimeout(deadline);
      clearInterval(sweep);
      resolve();
    });
  });
}

/** An IPv6 address stands in brackets there. */
function inUrl(hostname: string): string {
  return hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
}
