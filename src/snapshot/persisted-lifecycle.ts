import * as z from 'zod/mini';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import type { AgentFinalState } from '../values/lifecycle-states.js';
import { FailureReason } from '../values/failure-reason.js';
import { PendingRequestCount } from '../values/pending-request-count.js';
import { statePath, topState } from '../chart/state-path.js';
import {
  identityFields,
  lifecycleContextSchema,
  operationSchema,
  stateValueSchema,
} from './lifecycle-context.js';
import { damageIn } from './damage.js';
import { migrate } from './migrations.js';
import { PersistenceError } from './persistence-error.js';
import { runningDelay } from './running-delay.js';

export const PERSISTED_VERSION = 2;

/** `Date` ends there. */
const MAX_TIME = 8.64e15;
const time = z.number().check(z.minimum(0), z.maximum(MAX_TIME));
const finalState = z.enum(
  agentLifecycleChart.states.filter((each): each is AgentFinalState => agentLifecycleChart.isFinal(each)),
);

const snapshotSchema = z.strictObject({
  status: z.enum(['active', 'done']),
  value: stateValueSchema,
  historyValue: z.strictObject({}),
  context: lifecycleContextSchema,
  children: z.partialRecord(
    operationSchema,
    z.strictObject({
      src: operationSchema,
      syncSnapshot: z.literal(false),
      snapshot: z.strictObject({
        status: z.literal('active'),
        input: z.strictObject({
          ...identityFields,
          operation: operationSchema,
          forced: z.boolean(),
          attempt: z.optional(z.int().check(z.minimum(2))),
        }),
      }),
    }),
  ),
  output: z.optional(
    z.strictObject({
      state: finalState,
      failureReason: z.nullable(FailureReason.schema),
      abandonedRequests: PendingRequestCount.schema,
      forced: z.boolean(),
    }),
  ),
});

/** A lifecycle as it is written down. JSON only. */
const persistedLifecycleSchema = z
  .strictObject({
    version: z.literal(PERSISTED_VERSION),
    /** Milliseconds since 1970. */
    savedAt: time,
    /** When the timeout that ran ends, in milliseconds since 1970; null where none ran. */
    deadline: z.nullable(time),
    /** XState's own form of it. */
    snapshot: snapshotSchema,
  })
  .check(({ value, issues }) => {
    for (const [path, message] of contradictionsIn(value)) {
      issues.push({ code: 'custom', message, path, input: value });
    }
  });

/** A lifecycle as it is persisted: JSON. */
export type PersistedLifecycle = z.output<typeof persistedLifecycleSchema>;

/**
 * Reads what `persistLifecycle` has written, an older version of it too.
 *
 * @param what it is, in the words of an error
 * @throws {PersistenceError} `Damaged` with the path of the first bad field, or `NewerVersion`
 */
export function parsePersistedLifecycle(
  value: unknown,
  what = 'The persisted lifecycle',
): PersistedLifecycle {
  const version = versionIn(value, what);
  if (version > PERSISTED_VERSION) {
    throw new PersistenceError({ code: 'NewerVersion', what, version, known: PERSISTED_VERSION });
  }
  const parsed = z.safeParse(persistedLifecycleSchema, migrate(value, version, what), { reportInput: true });
  if (parsed.success) return parsed.data;
  throw damageIn(what, parsed.error);
}

function versionIn(value: unknown, what: string): number {
  const schema = z.looseObject({ version: z.int().check(z.minimum(0)) });
  const parsed = z.safeParse(schema, value, { reportInput: true });
  if (parsed.success) return parsed.data.version;
  throw damageIn(what, parsed.error);
}

type Contradiction = [path: string[], message: string];

/** What no lifecycle can be, though each field could be what it is. */
function contradictionsIn({ savedAt, deadline, snapshot }: PersistedLifecycle): Contradiction[] {
  const { value, status, context, children, output } = snapshot;
  const leaf = statePath(value);
  const operation = agentLifecycleChart.leaves.get(leaf);
  if (operation === undefined) return [[['snapshot', 'value'], `the chart has no state ${leaf}`]];
  const isFinal = agentLifecycleChart.isFinal(topState(value));
  const delay = runningDelay(leaf, context);
  const inFlight = Object.entries(children).map(([id, { src }]) => `${id}:${src}`);
  const expected = operation === null ? [] : [`${operation}:${operation}`];
  const checks: [holds: boolean, path: string[], message: string][] = [
    [isFinal === (status === 'done'), ['snapshot', 'status'], `${leaf} is not ${status}`],
    [isFinal === (output !== undefined), ['snapshot', 'output'], `expected one at the end, and only then`],
    [context.operation === operation, ['snapshot', 'context', 'operation'], `is not that of ${leaf}`],
    [inFlight.join() === expected.join(), ['snapshot', 'children'], `are not those of ${leaf}`],
    [
      (delay === null) === (deadline === null),
      ['deadline'],
      `expected one where a timeout runs, as in ${leaf}`,
    ],
    [
      delay === null || deadline === null || deadline - savedAt <= delay,
      ['deadline'],
      `expected ${String(delay)} ms after savedAt at most`,
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, path, message]) => [path, message]);
}
