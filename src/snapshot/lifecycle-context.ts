import * as z from 'zod/mini';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { AgentId } from '../values/agent-id.js';
import { AgentName } from '../values/agent-name.js';
import { AgentVersion } from '../values/agent-version.js';
import { Capacity } from '../values/capacity.js';
import { DrainTimeout } from '../values/drain-timeout.js';
import { FailureReason } from '../values/failure-reason.js';
import { PendingRequestCount } from '../values/pending-request-count.js';
import { TransitionTimeout } from '../values/transition-timeout.js';
import { VersionNumber } from '../values/version-number.js';

export const stateSchema = z.enum(agentLifecycleChart.states);
export const operationSchema = z.enum(agentLifecycleChart.operations);

/** The fields that say which agent it is. */
export const identityFields = {
  agentId: AgentId.schema,
  agentName: z.nullable(AgentName.schema),
  version: AgentVersion.schema,
  versionNumber: VersionNumber.schema,
};

/** The value of a snapshot: a state, or a state with its child. */
export const stateValueSchema = z.union([z.string(), z.record(z.string(), z.string())]);

/** The context of the lifecycle machine, as JSON. */
export const lifecycleContextSchema = z.strictObject({
  ...identityFields,
  transitionTimeout: TransitionTimeout.schema,
  drainTimeout: DrainTimeout.schema,
  /** One that was written before lifecycles had a capacity has none. */
  capacity: z._default(Capacity.schema, Capacity.default),
  previousState: z.nullable(stateSchema),
  pendingRequests: PendingRequestCount.schema,
  failureReason: z.nullable(FailureReason.schema),
  operation: z.nullable(operationSchema),
  forced: z.boolean(),
});
