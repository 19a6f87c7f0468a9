import { getRequestListener, RequestError } from '@hono/node-server';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { assertKnownKeys, InvalidValueError } from 'xstate-agent-lifecycle';
import { GUARDS } from './guarded-app.js';

/** The part of a Hono app that answers requests. */
export interface FetchApp {
  fetch(request: Request, bindings: object): Response | Promise<Response>;
}

export interface NodeHandlerOptions {
  /** Called with an error that the app has not answered: no caller is told it. */
  readonly onError?: (error: unknown) => void;
}

/** Answers a request of `node:http`. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Makes an app a handler of `node:http`, for Express, Fastify and other servers. It reads the request itself: put it
 * before whatever parses bodies.
 *
 * Express takes the prefix off the path; where a server does not, as Fastify, mount the app in a Hono app first.
 *
 * @example
 * express().use('/agents-admin', nodeHandler(createAgentApp(host)));
 *
 * const handle = nodeHandler(new Hono().route('/agents-admin', createAgentApp(host)));
 * fastify.addHook('onRequest', (request, reply, done) => {
 *   if (!/^\/agents-admin(?=[/?]|$)/.test(request.url)) return done();
 *   reply.hijack();
 *   void handle(request.raw, reply.raw);
 * });
 * @throws {InvalidValueError} for what is no app, and for an unknown option
 */
export function nodeHandler(app: FetchApp, options: NodeHandlerOptions = {}): NodeHandler {
  if (typeof (Object(app) as Partial<FetchApp>).fetch !== 'function') {
    throw new InvalidValueError({ field: 'app', expected: 'what createAgentApp makes', received: app });
  }
  assertKnownKeys('NodeHandlerOptions', options, ['onError']);
  const { onError = () => undefined } = options;
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    errorHandler: errorResponder(onError),
    // The globals of another's server are its own.
    overrideGlobalObjects: false,
    // HTTP/1.0 demands no header that names a host.
    hostname: 'localhost',
  });
  return async (request, response) => {
    await listener(request, response);
  };
}

/** Answers the errors of the server around an app. */
export function errorResponder(onError: (error: unknown) => void): (error: unknown) => Response {
  return (error) => {
    if (error instanceof RequestError) {
      return rawErrorResponse(400, 'BadRequest', 'The address of the request is invalid');
    }
    onError(error);
    return rawErrorResponse(500, 'InternalError', 'The server failed');
  };
}

/** An error response that no app makes, with the headers of all other responses. */
export function rawResponse(status: number, code: string, message: string) {
  const body = JSON.stringify({ error: { code, message } });
  const headers = {
    ...GUARDS,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  return { status, headers, body };
}

function rawErrorResponse(status: number, code: string, message: string): Response {
  const { headers, body } = rawResponse(status, code, message);
  return new Response(body, { status, headers });
}
