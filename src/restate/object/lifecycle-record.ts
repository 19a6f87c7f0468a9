import type { SnapshotFrom } from 'xstate';
import * as z from 'zod/mini';
import { agentLifecycleChart, agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import { AgentId } from '../../values/agent-id.js';
import { AgentName } from '../../values/agent-name.js';
import { AgentVersion } from '../../values/agent-version.js';
import { DrainTimeout } from '../../values/drain-timeout.js';
import { FailureReason } from '../../values/failure-reason.js';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import { TransitionTimeout } from '../../values/transition-timeout.js';
import { VersionNumber } from '../../values/version-number.js';
import { driverSpecSchema, hostName } from '../wire/hosted-spec.js';

export type LifecycleSnapshot = SnapshotFrom<typeof agentLifecycleMachine>;

const state = z.enum(agentLifecycleChart.states);
const operation = z.enum(agentLifecycleChart.operations);
const whole = z.int().check(z.minimum(0));

/** The state and the context of a lifecycle: all that a step of the chart begins with. */
export const positionSchema = z.strictObject({
  value: z.union([z.string(), z.record(z.string(), z.string())]),
  context: z.strictObject({
    agentId: AgentId.schema,
    agentName: z.nullable(AgentName.schema),
    version: AgentVersion.schema,
    versionNumber: VersionNumber.schema,
    previousState: z.nullable(state),
    transitionTimeout: TransitionTimeout.schema,
    drainTimeout: DrainTimeout.schema,
    pendingRequests: PendingRequestCount.schema,
    failureReason: z.nullable(FailureReason.schema),
    operation: z.nullable(operation),
    forced: z.boolean(),
  }),
});

/** One incarnation of an agent, as its object keeps it. */
export const lifecycleRecordSchema = z.strictObject({
  version: z.literal(1),
  /** Counts the incarnations of the agent, from 1. What an earlier one's host still says is not heard. */
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

/** The snapshot of a record, as `transition()` takes it. */
export function snapshotOf({ position }: Pick<LifecycleRecord, 'position'>): LifecycleSnapshot {
  return agentLifecycleMachine.resolveState(position);
}

export function positionOf({ value, context }: LifecycleSnapshot): LifecycleRecord['position'] {
  return { value: value, context };
}
