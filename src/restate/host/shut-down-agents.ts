import { DistributedError } from '../wire/distributed-error.js';
import type { HostedAgents } from './hosted-agents.js';
import type { LifecycleClient } from '../client/lifecycle-client.js';
import { nextShutdownStep } from '../../host/agent/shutdown-step.js';
import { snapshotOf } from '../wire/lifecycle-position.js';

/** Milliseconds for Restate to be there again: it may be restarted at the same time. */
const UNTIL_REACHED = 10_000;
const RETRY_PAUSE = 250;
/** Milliseconds between looks at an agent that is on its way: doubled each time. */
const FIRST_PAUSE = 20;
const MAX_PAUSE = 1_000;
/** Milliseconds that an agent that has ended has to give its lease back; it runs out where it does not. */
const UNTIL_RELEASED = 5_000;

/**
 * Shuts down the agents of a process, including those that start meanwhile.
 *
 * @returns the names of those that could not be shut down
 */
export async function shutDownAgents(
  client: LifecycleClient,
  agents: Pick<HostedAgents, 'names' | 'generationOf'>,
  force: boolean,
  onError: (error: unknown, agent: string) => void,
): Promise<readonly string[]> {
  const left: string[] = [];
  const seen = new Set<string>();
  const tryToShutDown = async (agent: string) => {
    const generation = agents.generationOf(agent);
    seen.add(`${String(generation)} ${agent}`);
    try {
      await whileUnreachable(() => shutDownAgent(client, agent, generation, force));
    } catch (error) {
      left.push(agent);
      onError(error, agent);
    }
  };
  for (;;) {
    const names = agents.names.filter((agent) => !seen.has(`${String(agents.generationOf(agent))} ${agent}`));
    if (names.length === 0) return left;
    await Promise.all(names.map(tryToShutDown));
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
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
  }
}

/**
 * Shuts down one generation of an agent from any state. Each step of the lifecycle has its deadline, and
 * so this has an end. One that never came up is failed, so that its name is free.
 */
async function shutDownAgent(
  client: LifecycleClient,
  agent: string,
  generation: number | null,
  force: boolean,
): Promise<void> {
  let endedAt: number | null = null;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(MAX_PAUSE, pause * 2)) {
    const status = await client.status(agent);
    if (status.generation !== generation) return;
    const step = nextShutdownStep(snapshotOf(status), force);
    if (status.tags.includes('terminal')) {
      endedAt ??= performance.now();
      if (status.leasedTo !== generation || performance.now() - endedAt > UNTIL_RELEASED) return;
    } else if (step !== 'wait') {
      const reason = 'Its host has ended';
      await client.command(agent, step === 'down' ? { type: 'agent.fail', reason } : { type: step });
      pause = FIRST_PAUSE;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
