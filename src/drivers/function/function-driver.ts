import type { AgentDriver, AgentDriverFactory, OperationCall } from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';

/** Answers a request: with a value, a promise of one, or a stream of chunks. What it throws fails the request. */
export type FunctionHandle = (payload: unknown, call: RequestCall) => unknown;

/** An agent of functions in the host's own process. Its methods are called on it, so that it may be an object of a class. */
export interface FunctionAgent {
  /** Answers a request, as a function alone would. */
  handle(payload: unknown, call: RequestCall): unknown;
  /** Called before the first request. What it throws fails the agent. */
  start?(call: OperationCall): unknown;
  /** Called after the last request. What it throws fails the agent. */
  stop?(call: OperationCall): unknown;
  /** Says that the agent is well, by not throwing. */
  probe?(call: { readonly signal: AbortSignal }): unknown;
}

const HOOKS = ['start', 'stop', 'probe'] as const;

/**
 * Runs a function of the host's own process as an agent. It may stream, report progress and hand over, as every agent
 * may; one that blocks the process blocks its host. Its agents have no `options`.
 *
 * ```ts
 * const host = createAgentHost();
 * host.deploy({ name: 'echo', driver: functionDriver((payload) => payload) });
 * ```
 *
 * @throws {InvalidValueError} for what is neither a function nor an object with `handle`
 * @public
 */
export function functionDriver(agent: FunctionHandle | FunctionAgent): AgentDriverFactory {
  const given: FunctionAgent = typeof agent === 'function' ? { handle: agent } : agent;
  assertAgent(given);
  return ({ options }) => {
    if (options !== undefined) {
      throw new InvalidValueError({ field: 'options', expected: 'none', received: options });
    }
    return driverOf(given);
  };
}

/** A driver has only those methods that its agent has. */
function driverOf(agent: FunctionAgent): AgentDriver {
  return {
    handle: (payload, call) => agent.handle(payload, call),
    ...(agent.start && {
      start: async (call: OperationCall) => {
        await agent.start?.(call);
      },
    }),
    ...(agent.stop && {
      stop: async (call: OperationCall) => {
        await agent.stop?.(call);
      },
    }),
    ...(agent.probe && { probe: (call: { readonly signal: AbortSignal }) => agent.probe?.(call) }),
  };
}

function assertAgent(agent: FunctionAgent): void {
  const given = agent as Partial<FunctionAgent> | null | undefined;
  if (isPlain(given)) assertKnownKeys('The agent', given, ['handle', ...HOOKS]);
  if (typeof given?.handle !== 'function') {
    throw new InvalidValueError({ field: 'handle', expected: 'a function', received: given?.handle });
  }
  const wrong = HOOKS.find((hook) => given[hook] !== undefined && typeof given[hook] !== 'function');
  if (wrong !== undefined) {
    throw new InvalidValueError({ field: wrong, expected: 'a function', received: given[wrong] });
  }
}

/** An object of a class may have fields of its own. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
