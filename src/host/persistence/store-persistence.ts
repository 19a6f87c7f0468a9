import { isDeepStrictEqual } from 'node:util';
import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { statePath } from '../../chart/state-path.js';
import type { Agent } from '../agent/agent.js';
import type { HostPersistence } from './host-persistence.js';
import type { PersistedAgent } from './persisted-agent.js';
import type { JournalEntry } from '../journal.js';
import { parseAgentRecord, RECORD_VERSION, type AgentRecord } from './agent-record.js';
import { firstNotJson } from '../../util/json-check.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import { jsonCopy } from '../../util/json.js';
import { parseJournal } from './parse-journal.js';
import { persistLifecycle } from '../../snapshot/persist-lifecycle.js';
import { parsePersistedLifecycle, type PersistedLifecycle } from '../../snapshot/persisted-lifecycle.js';
import { restoreLifecycle } from '../../snapshot/restore-lifecycle.js';
import type { SnapshotStore } from './snapshot-store.js';

/** How a host is persisted. */
export interface HostPersistenceOptions {
  /** How many entries of each journal are kept, at least; 1 000 by default, as a host has it. */
  readonly journalCapacity?: number;
  /**
   * Told that the store has failed: what has just happened is not kept, and whoever caused it is about to be answered.
   * To keep what a host has promised, end its process here.
   */
  readonly onFailure: (error: unknown) => void;
}

/** What has been written of an agent. */
interface Written {
  readonly record: AgentRecord;
  readonly revision: number;
  /** The number of the last line of its journal. */
  readonly sequence: number;
  /** The number of the last line that was forgotten. */
  readonly trimmed: number;
}

export interface StorePersistence extends HostPersistence {
  /** What is kept of an agent; null where nothing is. @throws {PersistenceError} `Damaged`, `NewerVersion` */
  record(name: string): AgentRecord | null;
  /** The names of the agents of which something is kept. */
  readonly names: readonly string[];
  /** Keeps what was to be kept a little later. */
  flush(): void;
}

/** Lines that may wait to be written; fewer where the journal of the agent keeps fewer. */
const MAX_WAITING = 100;
const PREFIX = 'agents/';

/**
 * Makes the persistence of a host, in a store. The effect of a command and its entry in the journal are in the store
 * before the command returns: both or neither. Refusals and the durations of operations are written in the next turn.
 */
export function createHostPersistence(
  store: SnapshotStore,
  options: HostPersistenceOptions,
): StorePersistence {
  assertKnownKeys('HostPersistenceOptions', options, ['journalCapacity', 'onFailure']);
  const { journalCapacity = 1_000, onFailure } = options;
  const written = new Map<string, Written>();
  /** By name: what an earlier agent of that name has waiting is not written over what the next one is. */
  const waiting = new Map<string, { readonly agent: Agent; readonly count: number }>();
  let soon: NodeJS.Immediate | null = null;

  const record = (name: string): AgentRecord | null => {
    const stored = store.get(keyOf(name));
    return stored === null ? null : parseAgentRecord(name, stored.value);
  };

  const attempt = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      onFailure(error);
    }
  };

  const saveNow = (agent: Agent): void => {
    waiting.delete(agent.name);
    attempt(() => {
      const before = written.get(agent.name) ?? null;
      let next = before;
      store.atomically(() => {
        next = write(store, agent, before, journalCapacity);
      });
      if (next !== null) written.set(agent.name, next);
    });
  };

  const flush = (): void => {
    soon = null;
    for (const { agent } of [...waiting.values()]) saveNow(agent);
  };

  return {
    record,
    get names() {
      return store.list(PREFIX).map((key) => key.slice(PREFIX.length));
    },
    load: (name) => {
      const found = record(name);
      if (found === null) return null;
      const lines = store.read(journalOf(name));
      const revision = store.get(keyOf(name))?.revision ?? 0;
      const sequence = lines.at(-1)?.sequence ?? 0;
      written.set(name, { record: found, revision, sequence, trimmed: (lines[0]?.sequence ?? 1) - 1 });
      return pastOf(found, parseJournal(name, lines));
    },
    assertSerializable: assertSerializableOptions,
    save: saveNow,
    saveLater: (agent) => {
      const count = (waiting.get(agent.name)?.count ?? 0) + 1;
      waiting.set(agent.name, { agent, count });
      if (count >= Math.min(MAX_WAITING, agent.journal.capacity)) saveNow(agent);
      else soon ??= setImmediate(flush);
    },
    delete: (name) => {
      const before = written.get(name);
      written.delete(name);
      waiting.delete(name);
      if (before === undefined) return;
      attempt(() => {
        store.atomically(() => {
          store.delete(keyOf(name), before.revision);
          store.trim(journalOf(name), before.sequence);
        });
      });
    },
    flush: () => {
      if (soon !== null) clearImmediate(soon);
      flush();
    },
  };
}

/**
 * Refuses options that a host with a memory would find otherwise when it is back. A field that is undefined is as good
 * as one that is not there.
 *
 * @throws {InvalidValueError} whose `field` is the path of the first that is no JSON
 */
function assertSerializableOptions(options: unknown): void {
  const found = options === undefined ? null : firstNotJson(options, 'options');
  if (found !== null) throw new InvalidValueError(found);
}

function write(store: SnapshotStore, agent: Agent, before: Written | null, capacity: number): Written {
  const { name } = agent;
  const after = before?.sequence ?? 0;
  const entries = agent.journal.entries.filter(({ sequence }) => sequence > after);
  const [first] = entries;
  // What the journal itself has forgotten before it could be written is kept nowhere: the lines begin anew behind that.
  if (first !== undefined && first.sequence > after + 1) store.trim(journalOf(name), after);
  store.append(
    journalOf(name),
    entries.map((entry) => ({ sequence: entry.sequence, value: jsonCopy(entry) })),
  );
  const sequence = entries.at(-1)?.sequence ?? after;
  let { trimmed } = before ?? { trimmed: 0 };
  // Seldom, and many at once.
  if (sequence - trimmed > 2 * capacity) {
    trimmed = sequence - capacity;
    store.trim(journalOf(name), trimmed);
  }
  const record = recordOf(agent, before?.record ?? null);
  const { revision: last } = before ?? { revision: 0 };
  const revision =
    before !== null && isSame(record, before.record) ? last : store.put(keyOf(name), jsonCopy(record), last);
  return { record, revision, sequence, trimmed };
}

function recordOf(agent: Agent, before: AgentRecord | null): AgentRecord {
  const { generation, lastGeneration, isCordoned, journal, spec } = agent;
  return {
    version: RECORD_VERSION,
    spec: jsonCopy(spec) as unknown as AgentRecord['spec'],
    goal: agent.goal,
    isCordoned,
    generation,
    lastGeneration,
    epoch: journal.epoch,
    lifecycle: lifecycleOf(agent) ?? before?.lifecycle,
  };
}

/** Null for one that was taken down before it came up. */
function lifecycleOf(agent: Agent): PersistedLifecycle | null {
  const { actor } = agent;
  return actor.getSnapshot().status === 'stopped' ? null : persistLifecycle(actor, { now: () => agent.now });
}

/** Whether nothing is other but when it was looked at. */
function isSame(record: AgentRecord, before: AgentRecord): boolean {
  const timeless = ({ lifecycle, ...rest }: AgentRecord) => ({
    ...rest,
    lifecycle: { ...(lifecycle as PersistedLifecycle), savedAt: 0 },
  });
  return isDeepStrictEqual(timeless(record), timeless(before));
}

function pastOf(record: AgentRecord, entries: readonly JournalEntry[]): PersistedAgent {
  const { goal, isCordoned, generation, epoch, lifecycle } = record;
  // A candidate of a swap that came after the record was last written is known to the journal alone.
  const lastGeneration = Math.max(record.lastGeneration, ...entries.map((entry) => entry.generation));
  const journal = { epoch, entries };
  const persisted = parsePersistedLifecycle(
    lifecycle,
    `The lifecycle of the agent ${JSON.stringify(record.spec.name)}`,
  );
  return {
    goal,
    isCordoned,
    generation,
    lastGeneration,
    journal,
    leaf: statePath(persisted.snapshot.value),
    restore: (machine, options) => restoreLifecycle(persisted, { ...options, machine }),
  };
}

function keyOf(name: string): string {
  return `${PREFIX}${name}`;
}

function journalOf(name: string): string {
  return `${PREFIX}${name}`;
}
