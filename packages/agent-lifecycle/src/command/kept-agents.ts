import type { AgentRecord } from '../../../../src/host/persistence/agent-record.js';
import { openSqliteStore } from '../sqlite/sqlite-store.js';
import { storeMemory } from '../../../../src/host/persistence/store-memory.js';
import type { AgentSpec } from '../../../../src/host/agent-spec.js';
import type { HostMemory } from '../../../../src/host/persistence/host-memory.js';
import type { HostLog } from './host-log.js';
import { withCleanUpSync } from '../../../../src/util/clean-up.js';

/** The agents that a host keeps in a directory. */
export interface KeptAgents {
  readonly memory: HostMemory;
  /** The agents of a config, each in the version to which it was swapped, unless the config has that, or a newer one. */
  asTheyWere(agents: readonly AgentSpec[]): readonly AgentSpec[];
  close(): void;
}

/**
 * Where the store fails later on, the process ends at once, with 1: what it cannot keep it does not promise, and what
 * it has promised is kept.
 *
 * @throws {StoreError} when the directory is in use, damaged, or cannot be written
 */
export async function openKeptAgents(directory: string, log: HostLog): Promise<KeptAgents> {
  const store = await openSqliteStore(directory);
  const closeAtExit = () => {
    store.close();
  };
  process.once('exit', closeAtExit);
  const memory = storeMemory(store, {
    onFailure: (error) => {
      log.failure('The data directory', error);
      process.exit(1);
    },
  });
  return {
    memory,
    asTheyWere: (agents) => {
      const known = new Set(agents.map(({ name }) => name));
      const leftOut = memory.names.filter((name) => !known.has(name));
      if (leftOut.length > 0) log.leftOut(leftOut);
      return agents.map((agent) => specOf(agent, memory.record(agent.name), log));
    },
    close: () => {
      withCleanUpSync(
        () => {
          memory.flush();
        },
        () => {
          store.close();
        },
      );
      process.off('exit', closeAtExit);
    },
  };
}

function specOf(configured: AgentSpec, record: AgentRecord | null, log: HostLog): AgentSpec {
  if (record === null) return configured;
  const { agentId, version, versionNumber, driver, options, transitionTimeout, drainTimeout } = record.spec;
  const current = configured.versionNumber ?? 1;
  if (current > versionNumber) return { agentId, ...configured };
  if (current === versionNumber) return { agentId, version, ...configured };
  log.keptNewer(configured.name, { kept: versionNumber, configured: current });
  // What a swap has changed is not undone by the config from before it.
  return {
    ...configured,
    agentId: configured.agentId ?? agentId,
    ...{ version, versionNumber, driver, options, transitionTimeout, drainTimeout },
  };
}
