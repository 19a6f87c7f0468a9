export { watchDeadline, type Now } from './deadline-watch.js';
export type { LifecycleActor } from './lifecycle-actor.js';
export { persistLifecycle } from './persist-lifecycle.js';
export { parsePersistedLifecycle, type PersistedLifecycle } from './persisted-lifecycle.js';
export {
  PersistenceError,
  type PersistenceErrorCode,
  type PersistenceErrorDetail,
} from './persistence-error.js';
export { restoreLifecycle, type RestoredTimers, type RestoreOptions } from './restore-lifecycle.js';
export type { OperationLogic } from './retried-operation.js';
