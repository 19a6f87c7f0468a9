import * as z from 'zod/mini';
import { DrainTimeout } from '../values/drain-timeout.js';
import { statePath } from '../chart/state-path.js';
import { TransitionTimeout } from '../values/transition-timeout.js';
import { damageIn } from './damage.js';
import { runningDelay } from './running-delay.js';

/** Each leads from the version of its index to the next. */
const MIGRATIONS: readonly ((value: unknown, what: string) => unknown)[] = [withDeadline, withCapacity];

/** @throws {PersistenceError} `Damaged` for what is not of the version that it says */
export function migrate(value: unknown, from: number, what: string): unknown {
  return MIGRATIONS.slice(from).reduce((older, migration) => migration(older, what), value);
}

const version0 = z.looseObject({
  savedAt: z.number(),
  snapshot: z.looseObject({
    value: z.union([z.string(), z.record(z.string(), z.string())]),
    context: z.looseObject({
      transitionTimeout: TransitionTimeout.schema,
      drainTimeout: DrainTimeout.schema,
    }),
  }),
});

/**
 * Version 0 had only the time and XState's snapshot, as one writes it down without this module: when its timeout began
 * is lost. It is given the whole of it, from when it was saved, which is never too little.
 */
function withDeadline(value: unknown, what: string): unknown {
  const parsed = z.safeParse(version0, value, { reportInput: true });
  if (!parsed.success) throw damageIn(what, parsed.error);
  const { savedAt, snapshot } = parsed.data;
  const delay = runningDelay(statePath(snapshot.value), snapshot.context);
  return { ...parsed.data, version: 1, deadline: delay === null ? null : savedAt + delay };
}

/** Version 1 had no capacity in its context: the schema of the context has its default. */
function withCapacity(value: unknown): unknown {
  return { ...(value as object), version: 2 };
}
