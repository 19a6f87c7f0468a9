import { v4 as randomUUID } from 'uuid';
import { AgentHostError } from '../../host/agent-host-error.js';
import type { AgentDriverFactory, AgentOutput } from '../../host/agent-driver.js';
import { callSafely } from '../../util/listeners.js';
import type { Lease } from '../../host/requests/lease-table.js';
import { DistributedError } from '../wire/distributed-error.js';
import { HostedInstance } from './hosted-instance.js';
import type { HostLink } from './host-link.js';
import type { CloseRequest, OperationOrder, OperationOutcome, RequestCount } from '../wire/messages.js';

export interface HostedAgentsOptions {
  readonly host: string;
  readonly drivers: Readonly<Record<string, AgentDriverFactory>>;
  readonly link: HostLink;
  /** Called with errors that belong to no lifecycle: of a driver's `dispose`, and of calls to Restate. */
  readonly onError: (error: unknown, agent: string) => void;
  readonly onOutput: (output: AgentOutput, agent: string) => void;
}

/** The agents that run in this process. Their objects in Restate decide what they do. */
export class HostedAgents {
  /** Names this process: another one under the same host's name has lost what this one runs. */
  readonly session = randomUUID();
  readonly #options: HostedAgentsOptions;
  readonly #agents = new Map<string, HostedInstance>();

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
    let instance = this.#agents.get(agent);
    if (instance !== undefined && instance.generation > generation) {
      return Promise.resolve({ type: 'superseded' });
    }
    if (instance?.generation !== generation) {
      void instance?.dispose();
      const { session } = this;
      const onFenced = () => void this.dispose(agent, generation);
      instance = new HostedInstance({ agent, generation, session, link, onError, onOutput, onFenced });
      this.#agents.set(agent, instance);
    }
    const createDriver: AgentDriverFactory = (deployment) => {
      const create = Object.hasOwn(drivers, spec.driver) ? drivers[spec.driver] : undefined;
      if (create !== undefined) return create(deployment);
      throw new AgentHostError({ code: 'UnknownDriver', driver: spec.driver, known: Object.keys(drivers) });
    };
    return instance.perform(order, createDriver, giveUp);
  }

  /** Takes no more requests for an agent, and tells how many are pending. */
  close({ agent, generation, state }: CloseRequest): RequestCount {
    const { session } = this;
    const instance = this.#agents.get(agent);
    if (instance?.generation !== generation) return { session, pending: null };
    instance.close(state);
    return { session, pending: instance.pending };
  }

  /** Disposes of a generation, or of one before it. */
  async dispose(agent: string, generation: number): Promise<void> {
    const instance = this.#agents.get(agent);
    if (instance === undefined || instance.generation > generation) return;
    await instance.dispose();
    if (this.#agents.get(agent) === instance) this.#agents.delete(agent);
  }

  /** Disposes of all agents, whatever their objects say. */
  async disposeAll(): Promise<void> {
    await Promise.all([...this.#agents].map(([agent, { generation }]) => this.dispose(agent, generation)));
  }

  #find(agent: string): HostedInstance {
    const instance = this.#agents.get(agent);
    if (instance !== undefined) return instance;
    throw new DistributedError({ code: 'NotHostedHere', agent, host: this.#options.host });
  }
}
