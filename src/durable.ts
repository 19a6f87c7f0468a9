export type { AgentRecord } from './host/persistence/agent-record.js';
export { watchDeadline } from './snapshot/deadline-watch.js';
export type { LifecycleActor } from './snapshot/lifecycle-actor.js';
export { memoryStore } from './host/persistence/memory-store.js';
export type { Now } from './snapshot/now.js';
export { persistLifecycle } from './snapshot/persist-lifecycle.js';
export { parsePersistedLifecycle, type PersistedLifecycle } from './snapshot/persisted-lifecycle.js';
export {
  PersistenceError,
  type PersistenceErrorCode,
  type PersistenceErrorDetail,
} from './snapshot/persistence-error.js';
export { restoreLifecycle, type RestoredTimers, type RestoreOptions } from './snapshot/restore-lifecycle.js';
export type { OperationLogic } from './snapshot/retried-operation.js';
export type { Json, JournalLine, SnapshotStore, StoredValue } from './host/persistence/snapshot-store.js';
export { openSqliteStore } from '../packages/agent-lifecycle/src/sqlite/sqlite-store.js';
export { storeMemory, type StoreMemory, type StoreMemoryOptions } from './host/persistence/store-memory.js';
export { StoreError, type StoreErrorCode, type StoreErrorDetail } from './host/persistence/store-error.js';
export type { AgentStatus } from './restate/wire/agent-status.js';
export {
  DistributedError,
  type DistributedErrorCode,
  type DistributedErrorDetail,
} from './restate/wire/distributed-error.js';
export {
  createLifecycleClient,
  type CallOptions,
  type CommandOutcome,
  type HostedSpec,
  type LifecycleClient,
  type LifecycleCommand,
} from './restate/client/lifecycle-client.js';
export type { ObjectJournalEntry } from './restate/object/object-journal.js';
export type { LifecycleObjectsOptions } from './restate/object/object-options.js';
export { serveRestate, type RestateServer, type ServeRestateOptions } from './restate/serve-restate.js';
