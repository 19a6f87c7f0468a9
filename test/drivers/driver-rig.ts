import { afterEach, expect } from '@jest/globals';
import { waitFor } from 'xstate';
import { createAgentHost, type Agent, type AgentDriverFactory, type AgentHost } from '../../src/index.js';

/** Hosts of agents of one kind, each with what it was told of them. They are shut down after each test. */
export class DriverRig {
  readonly #createDriver: AgentDriverFactory;
  readonly #hosts: AgentHost[] = [];
  /** What agents have printed, each line after the name of its stream. */
  readonly output: string[] = [];

  constructor(createDriver: AgentDriverFactory) {
    this.#createDriver = createDriver;
    afterEach(async () => {
      await Promise.all(this.#hosts.splice(0).map((host) => host.shutdown({ force: true })));
      this.output.length = 0;
    });
  }

  deploy(options: unknown): Agent {
    const host = createAgentHost({
      drivers: { driver: this.#createDriver },
      onOutput: ({ stream, text }) => this.output.push(`${stream}: ${text}`),
    });
    this.#hosts.push(host);
    return host.deploy({ name: 'child', driver: 'driver', options });
  }

  async running(options: unknown): Promise<Agent> {
    const agent = this.deploy(options);
    expect([(await agent.run()).error, agent.record.failureReason]).toEqual([null, null]);
    return agent;
  }

  /** What its journal has of the driver's notices. */
  notices(): string[] {
    return this.#hosts.flatMap((host) =>
      host
        .agent('child')
        .journal.entries.flatMap((entry) => (entry.type === 'notice' ? [entry.message] : [])),
    );
  }
}

/** How an agent ends, and why. */
export async function endOf(agent: Agent): Promise<(string | null)[]> {
  await waitFor(agent.actor, (snapshot) => snapshot.hasTag('terminal'));
  return [agent.state, agent.record.failureReason];
}
