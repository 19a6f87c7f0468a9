import { AgentName } from '../../values/agent-name.js';
import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { v4 as randomUUID } from 'uuid';
import * as z from 'zod/mini';
import { agentLifecycleChart as chart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { AgentLifecycleTag } from '../../../machines/agent-lifecycle.types.js';
import {
  StateTransitionError,
  type StateTransitionErrorDetail,
} from '../../values/state-transition-error.js';
import { orAborted } from '../../util/or-aborted.js';
import { AgentIngress, type IngressOptions } from './agent-ingress.js';
import { agentStatusSchema, statusOf, type AgentStatus } from '../wire/agent-status.js';
import { DistributedError, type DistributedErrorDetail } from '../wire/distributed-error.js';
import { hostedSpecSchema, type HostedSpec } from '../wire/hosted-spec.js';
import {
  objectResultSchema,
  commandSchema,
  invalidMessage,
  parseMessage,
  waitResultSchema,
  waitSchema,
} from '../wire/messages.js';
import { journalSchema, type ObjectJournalEntry } from '../wire/object-journal-entry.js';
import { leavesNothing } from '../../chart/operations-before.js';
import { waitInSlices } from './wait-in-slices.js';

export type { HostedSpec };

/** An event for a lifecycle. Which ones there are says the chart; it refuses those that it does not know. */
export interface LifecycleCommand {
  readonly type: string;
  /** Of `agent.fail`. */
  readonly reason?: string | undefined;
}

/** How a call is made. */
export interface CallOptions {
  /**
   * A call with the key of an earlier one is not carried out again, and has the answer of that: for as long as Restate
   * keeps it, a day by default. A key is generated where none is given, with which the call is tried again where the
   * answer was lost.
   */
  readonly idempotencyKey?: string | undefined;
}

/** What came of a command: it was taken, or refused with the error. What it begins may still be under way. */
export interface RestateCommandResult {
  readonly error: StateTransitionError | null;
  readonly status: AgentStatus;
}

/** Talks to the agents of a Restate cluster. Each method throws a `DistributedError` where it cannot. */
export interface LifecycleClient {
  /**
   * Deploys an agent to a host, unloaded. Under the name of one that has ended it is the next generation of that.
   *
   * @throws {DistributedError} `AgentExists`, `InvalidMessage` for a spec that is not what it should be
   */
  deploy(name: string, spec: HostedSpec, options?: CallOptions): Promise<AgentStatus>;
  /** Sends an event. A refusal is an answer. @throws {DistributedError} `UnknownAgent`, `RequestsCountedByHost` */
  command(name: string, command: LifecycleCommand, options?: CallOptions): Promise<RestateCommandResult>;
  /** Loads, instantiates and starts, from whichever of these steps is next; the first error ends it, and so does the signal: no further step begins. */
  run(name: string, options?: { signal?: AbortSignal | undefined }): Promise<RestateCommandResult>;
  /**
   * Waits until an agent has a tag.
   *
   * @param options.timeout milliseconds, 0 to 2³¹−1; 60 000 by default
   * @param options.signal ends the wait; its reason is thrown then
   * @throws {DistributedError} `WaitTimedOut`, `UnknownAgent`, `InvalidMessage` for a tag or a timeout that is none, and
   *   `AgentEnded` when that can no longer be
   */
  waitFor(
    name: string,
    tag: AgentLifecycleTag,
    options?: { timeout?: number; signal?: AbortSignal | undefined },
  ): Promise<AgentStatus>;
  /** @throws {DistributedError} `UnknownAgent` */
  status(name: string): Promise<AgentStatus>;
  /** What has happened to an agent of late. */
  journal(name: string): Promise<readonly ObjectJournalEntry[]>;
}

/** Milliseconds that an object may take for a step: it may have to wait for its host to count. */
const STEP_TIMEOUT = 90_000;
/** Milliseconds that an answer may take beyond what was waited for. */
const SLACK = 30_000;
/** It travels in a header. */
const MAX_KEY = 1_000;

/** A client of the agents' objects. It loads `@restatedev/restate-sdk-clients` and runs on Node 20. */
export function createLifecycleClient(given: IngressOptions): LifecycleClient {
  assertKnownKeys('IngressOptions', given, ['ingress', 'headers']);
  const ingress = new AgentIngress(given);
  const call = async (
    name: string,
    method: string,
    parameter: unknown,
    timeout: number,
    idempotencyKey?: string,
  ) => {
    assertAddressable(name, idempotencyKey);
    return ingress.call(name, { method, parameter, timeout, idempotencyKey });
  };

  const client: LifecycleClient = {
    deploy: async (name, given, options: CallOptions = {}) => {
      const idempotencyKey = keyIn(options);
      const spec = parseMessage(hostedSpecSchema, given);
      const answer = await call(name, 'deploy', spec, STEP_TIMEOUT, idempotencyKey);
      return commandResultIn(answer).status;
    },

    command: async (name, command, options: CallOptions = {}) => {
      const idempotencyKey = keyIn(options);
      const message = parseMessage(commandSchema, command);
      return commandResultIn(await call(name, 'command', message, STEP_TIMEOUT, idempotencyKey));
    },

    run: async (name, options = {}) => {
      assertKnownKeys('options', options, ['signal']);
      const { signal = new AbortController().signal } = options;
      for (let status = await client.status(name); ;) {
        const { context } = status.position;
        let target = targetUp(status);
        if (target === null) {
          const type = nextUp(status);
          if (type === null) return { error: null, status };
          signal.throwIfAborted();
          const outcome = await client.command(name, { type });
          if (outcome.error !== null) return outcome;
          target = chart.targetOf(type);
        }
        const timeout = context.transitionTimeout + SLACK;
        status = await client.waitFor(name, target as AgentLifecycleTag, { timeout, signal });
      }
    },

    waitFor: async (name, tag, options = {}) => {
      assertKnownKeys('options', options, ['timeout', 'signal']);
      const { timeout = 60_000, signal = new AbortController().signal } = options;
      parseMessage(waitSchema, { tag, timeout });
      const ask = async (slice: number) => {
        const parameter = { tag, timeout: slice };
        const answer = await call(name, 'waitFor', parameter, slice + SLACK, randomUUID());
        return parseMessage(waitResultSchema, answer);
      };
      const answer = await orAborted(waitInSlices(ask, timeout), signal);
      switch (answer.type) {
        case 'reached':
          return statusOf(answer.status);
        case 'ended': {
          const { state, position } = statusOf(answer.status);
          const reason = position.context.failureReason;
          throw new DistributedError({ code: 'AgentEnded', agent: name, state, reason });
        }
        case 'timedOut':
          throw new DistributedError({ code: 'WaitTimedOut', agent: name, tag, timeoutMs: timeout });
        case 'unknown':
          throw new DistributedError({ code: 'UnknownAgent', agent: name });
      }
    },

    status: async (name) => {
      const answer = await call(name, 'status', undefined, SLACK);
      const message = parseMessage(z.nullable(agentStatusSchema), answer ?? null);
      if (message === null) throw new DistributedError({ code: 'UnknownAgent', agent: name });
      return statusOf(message);
    },

    journal: async (name) => parseMessage(journalSchema, await call(name, 'journal', undefined, SLACK)),
  };
  return client;
}

/** Where the operation in flight leads, if it leads up. */
function targetUp({ position, state }: AgentStatus): AgentLifecycleState | null {
  const { operation } = position.context;
  return operation === null || leavesNothing(state, operation)
    ? null
    : chart.targetOfOperation(state, operation);
}

/** The command that brings an agent one step nearer to serving; null where it serves, or goes elsewhere. */
function nextUp({ accepts, position, state }: AgentStatus): string | null {
  const { operation } = position.context;
  if (operation !== null) return null;
  const isStepUp = (type: string) => {
    const begun = chart.operationBegunBy(type, state, null);
    return begun !== null && !leavesNothing(state, begun);
  };
  return accepts.find(isStepUp) ?? null;
}

/** @throws {InvalidValueError} for an unknown option */
function keyIn(options: CallOptions): string {
  assertKnownKeys('CallOptions', options, ['idempotencyKey']);
  return options.idempotencyKey ?? randomUUID();
}

/** @throws {DistributedError} */
function commandResultIn(value: unknown): RestateCommandResult {
  const answer = parseMessage(objectResultSchema, value);
  switch (answer.type) {
    case 'taken':
      return { error: null, status: statusOf(answer.status) };
    case 'refused': {
      const error = new StateTransitionError(answer.error as StateTransitionErrorDetail);
      return { error, status: statusOf(answer.status) };
    }
    case 'denied':
      throw new DistributedError(answer.error as DistributedErrorDetail);
  }
}

/**
 * What a call is addressed by: part of a URL, which takes `.` and `..` for something else, and a header.
 *
 * @throws {DistributedError} `InvalidMessage`
 */
function assertAddressable(name: string, idempotencyKey: string | undefined): void {
  if (!AgentName.safeParse(name).success || name === '.' || name === '..') {
    throw invalidMessage('name', `${AgentName.expected}, neither . nor ..`, name);
  }
  if (idempotencyKey === undefined) return;
  if (idempotencyKey === '' || idempotencyKey.length > MAX_KEY || !idempotencyKey.isWellFormed()) {
    throw invalidMessage('idempotencyKey', `a string of 1 to ${MAX_KEY} characters`, idempotencyKey);
  }
}
