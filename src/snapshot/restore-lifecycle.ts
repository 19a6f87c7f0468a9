import { assertKnownKeys } from '../values/assert-known-keys.js';
import { createActor, type Snapshot } from 'xstate';
import { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleEvent } from '../../machines/agent-lifecycle.types.js';
import type { AgentOperation } from '../values/lifecycle-states.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { statePath } from '../chart/state-path.js';
import { realTime, type Clock } from '../util/clock.js';
import { watchRestoredDeadline } from './deadline-watch.js';
import type { AgentLifecycleActorRef } from '../../machines/agent-lifecycle.machine.js';
import { assertNow, type Now } from './now.js';
import { parsePersistedLifecycle, type PersistedLifecycle } from './persisted-lifecycle.js';
import { retriedOperation, type OperationLogic } from './retried-operation.js';
import { runningDelay } from './running-delay.js';

/**
 * What becomes of a timeout that ran when the lifecycle was persisted. `deadline`: it ends when it would have ended;
 * `remaining`: it goes on with what was left of it then; `restart`: it begins anew.
 */
export type RestoredTimers = (typeof TIMERS)[number];

const TIMERS = ['deadline', 'remaining', 'restart'] as const;

/** How a lifecycle is restored. */
export interface RestoreOptions {
  /** `deadline` by default. */
  readonly timers?: RestoredTimers;
  /** Milliseconds since 1970, as for `persistLifecycle`. */
  readonly now: Now;
  /** What carries the operations out; done at once where none is given. */
  readonly actors?: Readonly<Partial<Record<AgentOperation, OperationLogic>>>;
  /** The chart with further sources of its own; the bare one by default. */
  readonly machine?: typeof agentLifecycleMachine;
  /** The real time by default. */
  readonly clock?: Clock;
  /** Names the actor for those who inspect it; XState's own choice by default. */
  readonly id?: string;
}

const OPTIONS = [
  'timers',
  'now',
  'actors',
  'machine',
  'clock',
  'id',
] as const satisfies (keyof RestoreOptions)[];

/**
 * A lifecycle that goes on, once it is started, where the persisted one was. The timeout that ran runs on, and fires
 * once; when it is over already, at the start. The operation that was in flight runs again, with what is left of its
 * time, and is told by its input's `attempt`. The time counts from this call, not from the start.
 *
 * @throws {PersistenceError} `Damaged` or `NewerVersion`
 * @throws {InvalidValueError} when `timers` or `now` is not what it should be
 */
export function restoreLifecycle(persisted: unknown, options: RestoreOptions): AgentLifecycleActorRef {
  assertKnownKeys('RestoreOptions', options, OPTIONS);
  const {
    timers = 'deadline',
    now,
    actors = {},
    machine = agentLifecycleMachine,
    clock = realTime,
    id,
  } = options;
  assertNow(now);
  if (!TIMERS.includes(timers)) {
    throw new InvalidValueError({
      field: 'timers',
      expected: `one of ${TIMERS.join(', ')}`,
      received: timers,
    });
  }
  const parsed = parsePersistedLifecycle(persisted);
  const deadline = restoredDeadline(parsed, timers, now());
  const isOverdue = () => deadline !== null && deadline <= now();
  const operations = { ...machine.implementations.actors, ...actors } as Record<
    AgentOperation,
    OperationLogic
  >;
  const retried = Object.fromEntries(
    Object.entries(operations).map(([name, logic]) => [name, retriedOperation(logic, isOverdue)]),
  ) as typeof operations;
  const actor = createActor(machine.provide({ actors: retried }), {
    snapshot: parsed.snapshot as unknown as Snapshot<unknown>,
    // Demanded by the type alone: a restored actor does not look at it.
    input: parsed.snapshot.context,
    clock,
    ...(id !== undefined && { id }),
  });
  watchRestoredDeadline(actor, { now, deadline });
  if (deadline !== null) armDeadline(actor, deadline, now, clock);
  return actor;
}

function restoredDeadline(
  { savedAt, deadline, snapshot: { value, context } }: PersistedLifecycle,
  timers: RestoredTimers,
  now: number,
): number | null {
  const delay = runningDelay(statePath(value), context);
  if (deadline === null || delay === null) return null;
  switch (timers) {
    case 'deadline':
      // A clock that was set back makes no timeout longer than it is.
      return Math.min(deadline, now + delay);
    case 'remaining':
      return now + Math.max(0, deadline - savedAt);
    case 'restart':
      return now + delay;
  }
}

/** XState forgets a timeout that runs: its event is sent in its place, unless the state is left before. */
function armDeadline(actor: AgentLifecycleActorRef, deadline: number, now: Now, clock: Clock): void {
  const leaf = statePath(actor.getSnapshot().value);
  const event = { type: timeoutEventIn(leaf) } as unknown as AgentLifecycleEvent;
  let timer: unknown = null;
  const disarm = () => {
    subscription.unsubscribe();
    if (timer !== null) clock.clearTimeout(timer);
  };
  const fire = () => {
    disarm();
    actor.send(event);
  };
  const subscription = actor.subscribe({
    // Told when it starts, first of all.
    next: ({ value }) => {
      if (statePath(value) !== leaf) disarm();
      else if (deadline <= now()) fire();
      else timer ??= clock.setTimeout(fire, deadline - now());
    },
    complete: disarm,
    error: disarm,
  });
}

/** By which event of XState's own a timeout is taken. */
function timeoutEventIn(leaf: string): string {
  const node = agentLifecycleMachine.getStateNodeById(`${agentLifecycleMachine.id}.${leaf}`);
  return String(node.after[0]?.eventType);
}
