import type { RequestCall } from '../../host/requests/request-call.js';
import type { ChildGroup } from './child-group.js';

/** Talks to a child process. Each call ends when its signal is aborted. */
export interface ChildProtocol {
  start(signal: AbortSignal): Promise<void>;
  /** Answers a request, with a value or a stream. */
  request(payload: unknown, call: RequestCall): Promise<unknown>;
  /** Tells the child to stop. The child is shut down afterwards in any case; an error thrown here fails the stop. */
  stop(call: { readonly signal: AbortSignal; readonly forced: boolean }): Promise<void>;
  /** Ends the protocol. Every call, open or later, fails with this reason. */
  end(reason: Error): void;
}

/** @param onProtocolError called when the child breaks the protocol, which ends it */
export type OpenProtocol = (child: ChildGroup, onProtocolError: (reason: Error) => void) => ChildProtocol;

/** Loads what a protocol needs, with the agent. */
export type LoadProtocol = () => OpenProtocol | Promise<OpenProtocol>;
