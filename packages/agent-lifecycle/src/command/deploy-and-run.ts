import { DistributedError } from '../../../../src/restate/wire/distributed-error.js';
import type { LifecycleClient } from '../../../../src/restate/client/lifecycle-client.js';
import type { AgentSpec } from '../../../../src/host/agent-spec.js';
import { orAborted } from '../../../../src/util/or-aborted.js';

/** Milliseconds for an agent to end that an earlier process of this host has left: its lease runs out by then. */
const UNTIL_LOST = 30 * 60_000;

/**
 * Deploys an agent to a host and runs it. One that is there already goes on from where it is; one that ran in an earlier
 * process of this host is run again once it is known to be lost.
 */
export async function deployAndRun(
  client: LifecycleClient,
  host: string,
  { name, driver, options, agentId, version, versionNumber, transitionTimeout, drainTimeout }: AgentSpec,
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
      await orAborted(client.waitFor(name, 'terminal', { timeout: UNTIL_LOST }), signal);
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
