export type { AgentRecord } from './host/persistence/agent-record.js';
export { watchDeadline } from './snapshot/deadline-watch.js';
export { createMemoryStore } from './host/persistence/memory-store.js';
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
export type { Json } from './util/json.js';
export type { JournalLine, SnapshotStore, StoredValue } from './host/persistence/snapshot-store.js';
export {
  createHostPersistence,
  type StorePersistence,
  type HostPersistenceOptions,
} from './host/persistence/store-persistence.js';
export { StoreError, type StoreErrorCode, type StoreErrorDetail } from './host/persistence/store-error.js';
export { assertNoGap } from './host/persistence/snapshot-store.js';
