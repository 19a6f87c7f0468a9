import { v4 as randomUUID } from 'uuid';
import type * as z from 'zod/mini';
import type { AgentIngress } from '../client/agent-ingress.js';
import {
  beginResultSchema,
  parseMessage,
  renewResultSchema,
  type BeginResult,
  type beginSchema,
  type endedSchema,
  type LeaseRenewal,
  type RenewResult,
} from '../wire/messages.js';

/** Milliseconds that a host waits for the answer of an object: a late one is of no more use to a lease. */
const TIMEOUT = 10_000;

/** Calls the objects of a host's agents. Each method throws what `AgentIngress.call` throws. */
export class HostLink {
  readonly #ingress: AgentIngress;

  constructor(ingress: AgentIngress) {
    this.#ingress = ingress;
  }

  async begin(agent: string, parameter: z.output<typeof beginSchema>): Promise<BeginResult> {
    return parseMessage(beginResultSchema, await this.#call(agent, 'begin', parameter, randomUUID()));
  }

  async renew(agent: string, parameter: LeaseRenewal): Promise<RenewResult> {
    // Not tried again by itself: what is asked next is newer.
    return parseMessage(renewResultSchema, await this.#call(agent, 'renew', parameter));
  }

  async ended(agent: string, parameter: z.output<typeof endedSchema>): Promise<void> {
    await this.#call(agent, 'ended', parameter, randomUUID());
  }

  #call(agent: string, method: string, parameter: unknown, idempotencyKey?: string): Promise<unknown> {
    return this.#ingress.call(agent, { method, parameter, idempotencyKey, timeout: TIMEOUT });
  }
}
