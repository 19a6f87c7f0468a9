import * as z from 'zod/mini';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import type { AgentStatusMessage } from '../wire/agent-status.js';
import { driverSpecSchema, hostName } from '../wire/hosted-spec.js';
import { positionSchema } from '../wire/lifecycle-position.js';

const whole = z.int().check(z.minimum(0));

/** One generation of an agent, as its object stores it. */
export const lifecycleRecordSchema = z.strictObject({
  version: z.literal(1),
  /** Counts the generations of the agent, from 1. Messages from the host of an earlier one are ignored. */
  generation: whole,
  /** Counts the steps of all generations: what a step begins is named by it, and so never mistaken for another. */
  revision: whole,
  host: hostName,
  spec: driverSpecSchema,
  position: positionSchema,
  /** The delays that run, by XState's id. */
  timers: z.record(z.string(), z.strictObject({ token: whole, delay: whole, event: z.string() })),
  /** The operation in flight. */
  operation: z.nullable(
    z.strictObject({
      serial: whole,
      /** How often it was begun. */
      attempt: whole,
      /** Of its invocation in Restate, by which it is cancelled. */
      invocation: z.nullable(z.string()),
    }),
  ),
  /**
   * What its host last told of its requests, where the chart has to be given another count: one whose requests nobody
   * can tell has some. Null where the chart has what the host has told.
   */
  lastCounted: z.nullable(PendingRequestCount.schema),
  /** The process of the host that last began an operation: another is given no lease. */
  session: z.nullable(z.string()),
});

export type LifecycleRecord = z.output<typeof lifecycleRecordSchema>;

/** The status that the agent's object sends to clients. */
export function statusMessage(
  name: string,
  record: LifecycleRecord,
  leasedTo: number | null,
): AgentStatusMessage {
  const { generation, revision, host, position, operation, timers } = record;
  const delays = Object.fromEntries(Object.entries(timers).map(([id, { delay }]) => [id, delay]));
  const attempt = operation?.attempt ?? null;
  return { name, generation, revision, host, position, attempt, delays, leasedTo };
}
