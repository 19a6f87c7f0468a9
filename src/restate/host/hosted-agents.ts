import { v4 as randomUUID } from 'uuid';
import { AgentHostError } from '../../host/agent-host-error.js';
import type { AgentDriverFactory, AgentOutput } from '../../host/agent-driver.js';
import { callSafely } from '../../util/listeners.js';
import type { Lease } from '../../host/requests/lease-table.js';
import { DistributedError } from '../wire/distributed-error.js';
import { HostedIncarnation } from './hosted-incarnation.js';
import type { HostLink } from './host-link.js';
import type { CloseRequest, OperationOrder, OperationOutcome, RequestCount } from '../wire/messages.js';

export interface HostedAgentsOptions {
  readonly host: string;
  readonly drivers: Readonly<Record<string, AgentDriverFactory>>;
  readonly link: HostLink;
  /** Told what no lifecycle is told: what a driver's dispose threw, or what Restate could not be told. */
  readonly onError: (error: unknown, agent: string) => void;
  readonly onOutput: (output: AgentOutput, agent: string) => void;
}

/** The agents that this process runs, of which their objects decide. */
export class HostedAgents {
  /** Names this process: another one under the same host's name has lost what this one runs. */
  readonly session = randomUUID();
  readonly #options: HostedAgentsOptions;
  readonly #agents = new Map<string, HostedIncarnation>();

  constructor(options: HostedAgentsOptions) {
    const { onError, onOutput } = options;
    const ignore = () => undefined;
    const report = (error: unknown, agent: string) => {
      // What it throws: there is nobody left to tell.
      callSafely(ignore, onError, error, agent);
    };
    this.#options = {
      ...options,
      onError: report,
      onOutput: (output, agent) => {
        const onThrown = (error: unknown) => {
          report(error, agent);
        };
        callSafely(onThrown, onOutput, output, agent);
      },
    };
  }

  get names(): readonly string[] {
    return [...this.#agents.keys()];
  }

  /** The generation of an agent that runs here. */
  generationOf(agent: string): number | null {
    return this.#agents.get(agent)?.generation ?? null;
  }

  isServing(agent: string): boolean {
    return this.#agents.get(agent)?.isServing ?? false;
  }

  /** @throws {DistributedError} `NotHostedHere`, `NoLease`; {StateTransitionError} where none are taken */
  accept(agent: string): Lease {
    return this.#find(agent).accept();
  }

  /** @throws {DistributedError} `NotHostedHere`, `NoLease`; {StateTransitionError}; {RequestError} */
  request(
    agent: string,
    payload: unknown,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> {
    return this.#find(agent).request(payload, options);
  }

  perform(order: OperationOrder, giveUp: AbortSignal): Promise<OperationOutcome> {
    const { agent, generation, spec } = order;
    const { drivers, link, onError, onOutput } = this.#options;
    let incarnation = this.#agents.get(agent);
    if (incarnation !== undefined && incarnation.generation > generation) {
      return Promise.resolve({ type: 'superseded' });
    }
    if (incarnation?.generation !== generation) {
      void incarnation?.dispose();
      const { session } = this;
      const onFenced = () => void this.dispose(agent, generation);
      incarnation = new HostedIncarnation({ agent, generation, session, link, onError, onOutput, onFenced });
      this.#agents.set(agent, incarnation);
    }
    const createDriver: AgentDriverFactory = (deployment) => {
      const create = Object.hasOwn(drivers, spec.driver) ? drivers[spec.driver] : undefined;
      if (create !== undefined) return create(deployment);
      throw new AgentHostError({ code: 'UnknownDriver', driver: spec.driver, known: Object.keys(drivers) });
    };
    return incarnation.perform(order, createDriver, giveUp);
  }

  /** Takes no more requests for an agent, and tells how many are pending. */
  close({ agent, generation, state }: CloseRequest): RequestCount {
    const { session } = this;
    const incarnation = this.#agents.get(agent);
    if (incarnation?.generation !== generation) return { session, pending: null };
    incarnation.close(state);
    return { session, pending: incarnation.pending };
  }

  /** Leaves nothing of an incarnation behind, or of one before it. */
  async dispose(agent: string, generation: number): Promise<void> {
    const incarnation = this.#agents.get(agent);
    if (incarnation === undefined || incarnation.generation > generation) return;
    await incarnation.dispose();
    if (this.#agents.get(agent) === incarnation) this.#agents.delete(agent);
  }

  /** Leaves nothing of any agent behind, whatever their objects say. */
  async disposeAll(): Promise<void> {
    await Promise.all([...this.#agents].map(([agent, { generation }]) => this.dispose(agent, generation)));
  }

  #find(agent: string): HostedIncarnation {
    const incarnation = this.#agents.get(agent);
    if (incarnation !== undefined) return incarnation;
    throw new DistributedError({ code: 'NotHostedHere', agent, host: this.#options.host });
  }
}
