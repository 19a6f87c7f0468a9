import { afterEach, expect } from '@jest/globals';
import { waitFor } from 'xstate';
import { createAgentHost, type Agent, type AgentHost } from '../../../src/index.js';
import { workerDriver, type WorkerOptions } from '../../../src/drivers/worker/index.js';

export const AGENTS = 'test/drivers/worker/agents';
export const SCRIPTED = `${AGENTS}/scripted.js`;

const hosts: AgentHost[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.shutdown({ force: true })));
});

/** @param onOutput is told the stream and the line of what the agent prints */
export function deploy(
  options: WorkerOptions,
  onOutput: (line: readonly [string, string]) => void = () => undefined,
): Agent {
  const host = createAgentHost({
    drivers: { worker: workerDriver() },
    onOutput: ({ stream, text }) => {
      onOutput([stream, text]);
    },
  });
  hosts.push(host);
  return host.deploy({ name: 'worker', driver: 'worker', options });
}

export async function running(
  options: Partial<WorkerOptions> = {},
  onOutput?: (line: readonly [string, string]) => void,
): Promise<Agent> {
  const agent = deploy({ module: SCRIPTED, ...options }, onOutput);
  expect(await agent.run()).toMatchObject({ error: null });
  return agent;
}

/** How an agent ends: its state, and its failure reason. */
export async function endOf(agent: Agent): Promise<[string, string | null]> {
  await waitFor(agent.actor, (snapshot) => snapshot.hasTag('terminal'));
  return [agent.state, agent.record.failureReason];
}
