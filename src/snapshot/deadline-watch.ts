import { assertKnownKeys } from '../values/assert-known-keys.js';
import { statePath } from '../chart/state-path.js';
import type { AgentLifecycleActorRef } from '../../machines/agent-lifecycle.machine.js';
import { assertNow, type Now } from './now.js';
import { runningDelay } from './running-delay.js';

const watches = new WeakMap<AgentLifecycleActorRef, DeadlineWatch>();

/**
 * Notes from now on when the timeout of each state began, which XState does not tell, so that the lifecycle can be
 * persisted. To be called before the actor starts.
 *
 * @throws {InvalidValueError} when `now` is no function
 */
export function watchDeadline(actor: AgentLifecycleActorRef, options: { readonly now: Now }): void {
  assertKnownKeys('options', options, ['now']);
  const { now } = options;
  assertNow(now);
  if (watches.has(actor)) return;
  assertDeadlines(actor, { now });
  lookAtEach(actor);
}

/**
 * As `watchDeadline`, by someone who looks himself, with `deadlineOf`, at each change of the state: another observer of
 * each request would cost more than the request.
 */
export function assertDeadlines(actor: AgentLifecycleActorRef, { now }: { readonly now: Now }): void {
  if (!watches.has(actor)) watches.set(actor, new DeadlineWatch(actor, now));
}

/** Notes, too, when the timeout ends that ran when the lifecycle was persisted. */
export function watchRestoredDeadline(
  actor: AgentLifecycleActorRef,
  { now, deadline }: { readonly now: Now; readonly deadline: number | null },
): void {
  watches.set(actor, new DeadlineWatch(actor, now, deadline));
  lookAtEach(actor);
}

/**
 * When the timeout of the current state ends, in milliseconds since 1970; null where none runs, undefined where one runs
 * in an actor that was not watched when it began.
 */
export function deadlineOf(actor: AgentLifecycleActorRef): number | null | undefined {
  const watch = watches.get(actor);
  if (watch !== undefined) return watch.deadline;
  const { value, context } = actor.getSnapshot();
  return runningDelay(statePath(value), context) === null ? null : undefined;
}

function lookAtEach(actor: AgentLifecycleActorRef): void {
  actor.subscribe({ next: () => watches.get(actor)?.deadline, error: () => undefined });
}

class DeadlineWatch {
  readonly #actor: AgentLifecycleActorRef;
  readonly #now: Now;
  #leaf: string;
  /** Undefined where it began unseen. */
  #deadline: number | null | undefined;

  constructor(actor: AgentLifecycleActorRef, now: Now, deadline?: number | null) {
    const { value, context } = actor.getSnapshot();
    this.#actor = actor;
    this.#now = now;
    this.#leaf = statePath(value);
    this.#deadline = deadline ?? (runningDelay(this.#leaf, context) === null ? null : undefined);
  }

  get deadline(): number | null | undefined {
    const { value, context } = this.#actor.getSnapshot();
    const leaf = statePath(value);
    if (leaf !== this.#leaf) {
      const delay = runningDelay(leaf, context);
      this.#leaf = leaf;
      this.#deadline = delay === null ? null : this.#now() + delay;
    }
    return this.#deadline;
  }
}
