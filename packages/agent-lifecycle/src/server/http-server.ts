import { getRequestListener, type HttpBindings } from '@hono/node-server';
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorResponder, rawResponse } from './node-handler.js';
import { SlowBodies } from './slow-bodies.js';

export interface HttpServerOptions {
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly fetch: (request: Request, bindings: HttpBindings) => Response | Promise<Response>;
  /** Whether the server is about to end: connections that idle are closed then. */
  readonly isLeaving: () => boolean;
  /** Called with what no caller can be answered. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds that a client may take for the headers of a request; 10 000 by default. */
  readonly headersTimeout?: number | undefined;
  /** Milliseconds that a body may take beyond what its bytes are worth; 10 000 by default. */
  readonly bodyGrace?: number | undefined;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no more connections, and lets answers under way arrive for that many milliseconds. */
  close(linger: number): Promise<void>;
}

/** Milliseconds between two looks at the connections. */
const SWEEP = 500;
/** Milliseconds for a whole request. */
const REQUEST_TIMEOUT = 300_000;

/**
 * Serves over HTTP, and resolves when it listens. Whatever Node itself would answer has the headers of all other
 * answers; a body that comes too slowly is cut.
 *
 * @throws what the system says when it cannot listen: `EADDRINUSE`, `EACCES`, `ENOTFOUND`
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { hostname, port, fetch, isLeaving, onError, headersTimeout = 10_000, bodyGrace } = options;
  const answering = new WeakMap<Duplex, ServerResponse>();
  const bodies = new SlowBodies({ grace: bodyGrace });
  const listener = getRequestListener(fetch as Parameters<typeof getRequestListener>[0], {
    errorHandler: errorResponder(onError),
  });
  const server = createServer(
    {
      headersTimeout,
      requestTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: SWEEP,
      // Refused above, with the headers of all other answers.
      requireHostHeader: false,
    },
    (request, response) => {
      answering.set(request.socket, response);
      bodies.watch(request);
      void listener(request, response);
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    rejectRaw(error, socket, answering.get(socket));
  });
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const { status, headers, body } = rawResponse(
      417,
      'ExpectationFailed',
      'The expectation of the request cannot be met',
    );
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, hostname, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const sweep = setInterval(() => {
    for (const socket of bodies.tooSlow(performance.now())) {
      rejectRaw({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket, answering.get(socket));
    }
    // That it is about to end, no idle connection would say.
    if (isLeaving()) server.closeIdleConnections();
  }, SWEEP).unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: async (linger) => {
      clearInterval(sweep);
      await closeWithin(server, linger);
    },
  };
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

const RAW: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'HeadersTooLarge', 'The headers of the request are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'BodyTooLarge', 'The chunk extensions of the request are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'RequestTooSlow', 'The request is too slow'],
};

/** Answers what is no request, or comes too slowly, and ends its connection. */
function rejectRaw(
  { code }: Pick<NodeJS.ErrnoException, 'code'>,
  socket: Duplex,
  response: ServerResponse | undefined,
): void {
  // Within an answer that has begun, another would be taken for a part of it.
  const isWithinAnswer = response !== undefined && response.headersSent && !response.writableFinished;
  if (!socket.writable || code === 'ECONNRESET' || isWithinAnswer) {
    socket.destroy();
    return;
  }
  const [status, name, message] = RAW[code ?? ''] ?? [
    400,
    'BadRequest',
    'The data received is not an HTTP request',
  ];
  const { headers, body } = rawResponse(status, name, message);
  const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`, () => {
    socket.destroy();
  });
}
