import { DistributedError, type LifecycleClient } from 'xstate-agent-lifecycle/restate';
import type { ConfigAgent } from '../config/config.js';

/** Milliseconds until an agent that an earlier process of this host left has ended: its lease has run out by then. */
const LEASE_TIMEOUT = 30 * 60_000;

/**
 * Deploys an agent to a host and runs it. A deployed agent continues where it is. One that ran in an earlier process of
 * this host is run again when it is known to be lost.
 */
export async function deployAndRun(
  client: LifecycleClient,
  host: string,
  { name, driver, options, agentId, version, versionNumber, transitionTimeout, drainTimeout }: ConfigAgent,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const timeouts = { transitionTimeout, drainTimeout };
  const spec = { host, driver, options, agentId, version, versionNumber, ...timeouts };
  try {
    while (!(await isDeployed(() => client.deploy(name, spec)))) {
      const status = await client.status(name);
      if (status.host !== host) {
        say(`${name}: runs on the host ${status.host}, and is left there`);
        return;
      }
      if (!status.tags.includes('active')) break;
      await client.waitFor(name, 'terminal', { timeout: LEASE_TIMEOUT, signal });
    }
    const { error, status } = await client.run(name, { signal });
    say(`${name}: ${error === null ? status.state : error.message}`);
  } catch (error) {
    if (signal.aborted) return;
    say(`${name}: ${(error as Error).message}`);
  }
}

async function isDeployed(deploy: () => Promise<unknown>): Promise<boolean> {
  try {
    await deploy();
    return true;
  } catch (error) {
    if (error instanceof DistributedError && error.code === 'AgentExists') return false;
    throw error;
  }
}
