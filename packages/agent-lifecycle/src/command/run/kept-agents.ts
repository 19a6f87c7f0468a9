import { type AgentRecord, createHostPersistence } from 'xstate-agent-lifecycle/durable';
import { openSqliteStore } from '../../sqlite/sqlite-store.js';
import type { HostPersistence } from 'xstate-agent-lifecycle';
import type { ConfigAgent } from '../config/config.js';
import { withCleanUpSync } from '../../../../../src/util/clean-up.js';
import type { HostLog } from '../log/host-log.js';

/** The agents that a host keeps in a directory across restarts. */
export interface KeptAgents {
  readonly persistence: HostPersistence;
  /** The agents of a config. Each has the version to which it was swapped, unless the config has a newer one. */
  withKeptVersions(agents: readonly ConfigAgent[]): readonly ConfigAgent[];
  close(): void;
}

/**
 * Opens the directory. When its store fails later, the process exits at once, with 1: nothing is answered that was not
 * kept.
 *
 * @throws {StoreError} when the directory is in use, damaged, or cannot be written
 */
export async function openKeptAgents(directory: string, log: HostLog): Promise<KeptAgents> {
  const store = await openSqliteStore(directory);
  const closeAtExit = () => {
    store.close();
  };
  process.once('exit', closeAtExit);
  const persistence = createHostPersistence(store, {
    onFailure: (error) => {
      log.failure('The data directory', error);
      process.exit(1);
    },
  });
  return {
    persistence,
    withKeptVersions: (agents) => {
      const known = new Set(agents.map(({ name }) => name));
      const leftOut = persistence.names.filter((name) => !known.has(name));
      if (leftOut.length > 0) log.leftOut(leftOut);
      return agents.map((agent) => specOf(agent, persistence.record(agent.name), log));
    },
    close: () => {
      withCleanUpSync(
        () => {
          persistence.flush();
        },
        () => {
          store.close();
        },
      );
      process.off('exit', closeAtExit);
    },
  };
}

function specOf(configured: ConfigAgent, record: AgentRecord | null, log: HostLog): ConfigAgent {
  if (record === null) return configured;
  const { agentId, version, versionNumber, driver, options, transitionTimeout, drainTimeout } = record.spec;
  const { requests } = record.spec as ConfigAgent;
  const current = configured.versionNumber ?? 1;
  if (current > versionNumber) return { agentId, ...configured };
  if (current === versionNumber) return { agentId, version, ...configured };
  log.keptNewer(configured.name, { kept: versionNumber, configured: current });
  // A config from before the swap must not undo it.
  return {
    ...configured,
    agentId: configured.agentId ?? agentId,
    ...{ version, versionNumber, driver, options, transitionTimeout, drainTimeout, requests },
  };
}
