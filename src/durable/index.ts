export type { AgentRecord } from './agent-record.js';
export { watchDeadline } from './deadline-watch.js';
export type { LifecycleActor } from './lifecycle-actor.js';
export { memoryStore } from './memory-store.js';
export type { Now } from './now.js';
export { persistLifecycle } from './persist-lifecycle.js';
export { parsePersistedLifecycle, type PersistedLifecycle } from './persisted-lifecycle.js';
export {
  PersistenceError,
  type PersistenceErrorCode,
  type PersistenceErrorDetail,
} from './persistence-error.js';
export { restoreLifecycle, type RestoredTimers, type RestoreOptions } from './restore-lifecycle.js';
export type { OperationLogic } from './retried-operation.js';
export type { Json, JournalLine, SnapshotStore, StoredValue } from './snapshot-store.js';
export { openSqliteStore } from './sqlite-store.js';
export { storeMemory, type StoreMemory, type StoreMemoryOptions } from './store-memory.js';
export { StoreError, type StoreErrorCode, type StoreErrorDetail } from './store-error.js';
export type { AgentStatus } from './restate/agent-status.js';
export {
  DistributedError,
  type DistributedErrorCode,
  type DistributedErrorDetail,
} from './restate/distributed-error.js';
export {
  createLifecycleClient,
  type CallOptions,
  type CommandOutcome,
  type HostedSpec,
  type LifecycleClient,
  type LifecycleCommand,
} from './restate/lifecycle-client.js';
export type { ObjectJournalEntry } from './restate/object-journal.js';
export type { LifecycleObjectsOptions } from './restate/object-options.js';
export { serveRestate, type RestateServer, type ServeRestateOptions } from './restate/serve-restate.js';
