import type { AgentOperationInput } from '../../machines/agent-lifecycle.types.js';
import type { AgentIdentity } from '../values/agent-lifecycle-input.js';
import type { RequestCall } from './requests/request-call.js';

/**
 * What a kind of agent can do, for one agent. The host calls it as the lifecycle says: load, instantiate, start,
 * any number of handles side by side, stop, unload; and dispose exactly once, after the end, however it came. `handle`
 * alone must be there: an operation without a method is done at once.
 *
 * Each call is given an `AbortSignal` that is aborted when its outcome no longer matters: that of an operation
 * that was given up or ran out of time, that of a request that nobody waits for. Whatever a driver throws fails
 * the operation or the request, never the host.
 */
export interface AgentDriver {
  /** Requests that it takes side by side, from 1 to 10 000, where the spec says nothing; 10 000 by default. */
  readonly concurrency?: number;
  /** Loads what the agent is made of. */
  load?(call: OperationCall): Promise<void> | void;
  /** Makes the agent of what was loaded. */
  instantiate?(call: OperationCall): Promise<void> | void;
  /** Makes the agent ready to handle requests. */
  start?(call: OperationCall): Promise<void> | void;
  /**
   * Answers a request: with a value, a promise of one, or a stream of chunks, an `AsyncIterable` or a `ReadableStream`.
   * What it throws fails the request, not the agent.
   */
  handle(payload: unknown, call: RequestCall): unknown;
  /**
   * Stops the agent. `forced` says whether requests may still be in flight that nobody waits for. A host that goes on
   * where an earlier one ended may call it first of all: there is nothing to stop then but what was outside of that
   * one's process.
   */
  stop?(call: OperationCall): Promise<void> | void;
  /** Releases what was loaded. */
  unload?(call: OperationCall): Promise<void> | void;
  /** Must kill what is left: it is called whether or not stop and unload were, or came to an end. */
  dispose?(call: AgentIdentity & { readonly signal: AbortSignal }): Promise<void> | void;
}

export interface OperationCall extends AgentOperationInput {
  readonly signal: AbortSignal;
}

/** What a driver is made for. */
export interface DriverDeployment {
  /** The name of the agent. */
  readonly name: string;
  /** As the agent's spec gives them; the factory checks them. */
  readonly options: unknown;
  /** Tells the host that the agent has failed by itself. Without effect once the agent has ended. */
  readonly fail: (reason: unknown) => void;
  /**
   * Tells the host that the agent has ended by itself, with success. It is stopped then, without waiting for its
   * requests; one that has not come so far that it could be stopped has failed.
   */
  readonly finish: () => void;
  /** Tells the host of something odd that ends nothing: an entry `notice` of the journal, of at most 1 000 characters. */
  readonly notice: (message: string) => void;
  /**
   * Passes on what the agent itself has printed, without the end of its line. The host cuts a text at 8 192 characters,
   * and gives it to `onOutput`.
   */
  readonly output: (stream: AgentOutput['stream'], text: string) => void;
}

/** What an agent has printed: a line, or a part of one that is longer than 8 192 characters. */
export interface AgentOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** The generation of the agent that printed it. */
  readonly generation: number;
}

/**
 * Makes the driver of one agent, at once and without side effects.
 *
 * @throws when the options are not what this kind of agent takes: the host's `deploy` then throws it.
 */
export type AgentDriverFactory = (deployment: DriverDeployment) => AgentDriver;
