import { assertKnownKeys } from '../values/assert-known-keys.js';
import { statePath } from '../chart/state-path.js';
import { deadlineOf } from './deadline-watch.js';
import { jsonCopy } from '../util/json.js';
import type { AgentLifecycleActorRef } from '../../machines/agent-lifecycle.machine.js';
import { assertNow, type Now } from './now.js';
import {
  parsePersistedLifecycle,
  PERSISTED_VERSION,
  type PersistedLifecycle,
} from './persisted-lifecycle.js';
import { PersistenceError } from './persistence-error.js';
import { runningDelay } from './running-delay.js';

/**
 * A lifecycle as JSON, from which `restoreLifecycle` makes one that goes on where this was.
 *
 * @param options.now milliseconds since 1970
 * @throws {PersistenceError} `NotPersistable` for one that was stopped from outside, or refused; `UnknownDeadline` for
 * one whose timeout runs and that was not given to `watchDeadline`
 * @throws {InvalidValueError} when `now` is no function
 */
export function persistLifecycle(
  actor: AgentLifecycleActorRef,
  options: { readonly now: Now },
): PersistedLifecycle {
  assertKnownKeys('options', options, ['now']);
  const { now } = options;
  assertNow(now);
  const { status, value, context } = actor.getSnapshot();
  if (status !== 'active' && status !== 'done') {
    throw new PersistenceError({ code: 'NotPersistable', status });
  }
  const savedAt = now();
  const state = statePath(value);
  const deadline = deadlineOf(actor);
  if (deadline === undefined) throw new PersistenceError({ code: 'UnknownDeadline', state });
  const delay = runningDelay(state, context);
  const written = {
    version: PERSISTED_VERSION,
    savedAt,
    // A clock that was set back makes no timeout longer than it is.
    deadline: deadline === null || delay === null ? null : Math.min(deadline, savedAt + delay),
    snapshot: actor.getPersistedSnapshot(),
  };
  return parsePersistedLifecycle(jsonCopy(written));
}
