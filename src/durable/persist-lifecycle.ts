import { deadlineOf, type Now } from './deadline-watch.js';
import type { LifecycleActor } from './lifecycle-actor.js';
import {
  parsePersistedLifecycle,
  PERSISTED_VERSION,
  type PersistedLifecycle,
} from './persisted-lifecycle.js';
import { PersistenceError } from './persistence-error.js';

/**
 * A lifecycle as JSON, from which `restoreLifecycle` makes one that goes on where this was.
 *
 * @param options.now milliseconds since 1970
 * @throws {PersistenceError} `NotPersistable` for one that was stopped from outside, or refused; `UnknownDeadline` for
 * one whose timeout runs and that was not given to `watchDeadline`
 */
export function persistLifecycle(actor: LifecycleActor, { now }: { readonly now: Now }): PersistedLifecycle {
  const { status } = actor.getSnapshot();
  if (status !== 'active' && status !== 'done') {
    throw new PersistenceError({ code: 'NotPersistable', status });
  }
  const written = {
    version: PERSISTED_VERSION,
    savedAt: now(),
    deadline: deadlineOf(actor),
    snapshot: actor.getPersistedSnapshot(),
  };
  // What is no JSON is lost when it is written: better here than there.
  return parsePersistedLifecycle(JSON.parse(JSON.stringify(written)));
}
