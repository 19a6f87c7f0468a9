import type { SnapshotFrom } from 'xstate';
import * as z from 'zod/mini';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import { lifecycleContextSchema, stateValueSchema } from '../../snapshot/lifecycle-context.js';

export type LifecycleSnapshot = SnapshotFrom<typeof agentLifecycleMachine>;

/** The state and the context of a lifecycle: the chart needs nothing else to take a step. */
export const positionSchema = z.strictObject({ value: stateValueSchema, context: lifecycleContextSchema });

export type LifecyclePosition = z.output<typeof positionSchema>;

/** The snapshot at a position, as `transition()` takes it. */
export function snapshotOf({ position }: { readonly position: LifecyclePosition }): LifecycleSnapshot {
  return agentLifecycleMachine.resolveState(position);
}

export function positionOf({ value, context }: LifecycleSnapshot): LifecyclePosition {
  return { value, context };
}
