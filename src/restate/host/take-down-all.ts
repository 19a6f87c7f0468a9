import { DistributedError } from '../wire/distributed-error.js';
import type { HostedAgents } from './hosted-agents.js';
import type { LifecycleClient } from '../client/lifecycle-client.js';
import { takeDown } from './take-down.js';

/** Milliseconds for Restate to be there again: it may be restarted at the same time. */
const UNTIL_REACHED = 10_000;
const PAUSE = 250;

/**
 * Brings down the agents of a process, also those that come up meanwhile.
 *
 * @returns those that could not be brought down
 */
export async function takeDownAll(
  client: LifecycleClient,
  agents: Pick<HostedAgents, 'names' | 'generationOf'>,
  force: boolean,
  onError: (error: unknown, agent: string) => void,
): Promise<readonly string[]> {
  const left: string[] = [];
  const seen = new Set<string>();
  const bringDown = async (agent: string) => {
    const generation = agents.generationOf(agent);
    seen.add(`${String(generation)} ${agent}`);
    try {
      await whileUnreachable(() => takeDown(client, agent, generation, force));
    } catch (error) {
      left.push(agent);
      onError(error, agent);
    }
  };
  for (;;) {
    const names = agents.names.filter((agent) => !seen.has(`${String(agents.generationOf(agent))} ${agent}`));
    if (names.length === 0) return left;
    await Promise.all(names.map(bringDown));
  }
}

async function whileUnreachable(work: () => Promise<void>): Promise<void> {
  const end = performance.now() + UNTIL_REACHED;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const isUnreachable = error instanceof DistributedError && error.code === 'Unreachable';
      if (!isUnreachable || performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
