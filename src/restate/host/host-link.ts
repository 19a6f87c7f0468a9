import { v4 as randomUUID } from 'uuid';
import type * as z from 'zod/mini';
import type { AgentIngress } from '../client/agent-ingress.js';
import {
  beginAnswerSchema,
  parseMessage,
  renewAnswerSchema,
  type BeginAnswer,
  type beginSchema,
  type endedSchema,
  type LeaseRenewal,
  type RenewAnswer,
} from '../wire/messages.js';

/** Milliseconds that a host waits for the answer of an object: a late one is of no more use to a lease. */
const TIMEOUT = 10_000;

/** What a host says to the objects of its agents. Each method throws what `AgentIngress.call` does. */
export class HostLink {
  readonly #ingress: AgentIngress;

  constructor(ingress: AgentIngress) {
    this.#ingress = ingress;
  }

  async begin(agent: string, parameter: z.output<typeof beginSchema>): Promise<BeginAnswer> {
    return parseMessage(beginAnswerSchema, await this.#tell(agent, 'begin', parameter, randomUUID()));
  }

  async renew(agent: string, parameter: LeaseRenewal): Promise<RenewAnswer> {
    // Not tried again by itself: what is asked next is newer.
    return parseMessage(renewAnswerSchema, await this.#tell(agent, 'renew', parameter));
  }

  async ended(agent: string, parameter: z.output<typeof endedSchema>): Promise<void> {
    await this.#tell(agent, 'ended', parameter, randomUUID());
  }

  #tell(agent: string, method: string, parameter: unknown, idempotencyKey?: string): Promise<unknown> {
    return this.#ingress.call(agent, { method, parameter, idempotencyKey, timeout: TIMEOUT });
  }
}
