import * as z from 'zod/mini';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { AgentLifecycleEventType, AgentLifecycleTag } from '../../../machines/agent-lifecycle.types.js';
import { accepts } from '../../chart/accepts.js';
import { statePath, topState } from '../../chart/state-path.js';
import { hostName } from './hosted-spec.js';
import { positionSchema, snapshotOf } from './lifecycle-position.js';

const whole = z.int().check(z.minimum(0));

/** What an agent's object tells of it, as it crosses the wire. */
export const agentStatusSchema = z.object({
  name: z.string(),
  generation: whole,
  revision: whole,
  host: hostName,
  position: positionSchema,
  /** How often the operation in flight was begun; null where none is. */
  attempt: z.nullable(whole),
  /** The delays that run, by XState's id, in milliseconds as the lifecycle has them. */
  delays: z.record(z.string(), whole),
  /** The generation that holds the lease to serve, if any does: it may be an earlier one. */
  leasedTo: z.nullable(whole),
});

export type AgentStatusMessage = z.output<typeof agentStatusSchema>;

/** How an agent is. */
export interface AgentStatus extends AgentStatusMessage {
  readonly state: AgentLifecycleState;
  /** The state with its child: `running.serving`. */
  readonly leaf: string;
  readonly tags: readonly AgentLifecycleTag[];
  /** The events that it would take now. */
  readonly accepts: readonly AgentLifecycleEventType[];
}

/** The status with what the chart says of it. */
export function statusOf(message: AgentStatusMessage): AgentStatus {
  const snapshot = snapshotOf(message);
  return {
    ...message,
    state: topState(snapshot.value),
    leaf: statePath(snapshot.value),
    tags: [...snapshot.tags] as AgentLifecycleTag[],
    accepts: accepts(snapshot),
  };
}
