import type { AnyStateNode } from 'xstate';
import * as z from 'zod/mini';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleTag } from '../../../machines/agent-lifecycle.types.js';
import { AgentName } from '../../values/agent-name.js';
import { expectedBy } from '../../values/expected-by.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import { PendingRequestCount } from '../../values/pending-request-count.js';
import { identityFields, operationSchema, stateSchema } from '../../snapshot/lifecycle-context.js';
import { agentStatusSchema } from './agent-status.js';
import { DistributedError } from './distributed-error.js';
import { driverSpecSchema, hostName } from './hosted-spec.js';

const whole = z.int().check(z.minimum(0));
const milliseconds = z.int().check(z.minimum(0), z.maximum(2 ** 31 - 1));
const longText = z.string().check(z.maxLength(65_536, { error: 'expected 65536 characters at most' }));
/** Anybody may send it, and it is kept. */
const session = z.string().check(z.maxLength(255, { error: 'expected 255 characters at most' }));

/** What goes between the clients, the objects and the hosts. Everything is checked on both sides. */

/** An event for an agent's lifecycle: the chart answers those that it does not know. */
export const commandSchema = z.strictObject({
  type: z.string().check(
    z.maxLength(255, { error: 'expected 255 characters at most' }),
    z.refine((type) => !type.startsWith('xstate.'), { error: "expected none of XState's own events" }),
  ),
  /** The chart keeps its first 1 000 characters. */
  reason: z.optional(longText),
});

/** The tags that the chart declares: what a client can wait for. */
export const lifecycleTags = [
  ...new Set(tagsUnder(agentLifecycleMachine.root)),
] as readonly AgentLifecycleTag[];

function tagsUnder({ tags, states }: AnyStateNode): readonly string[] {
  return [...tags, ...Object.values(states).flatMap(tagsUnder)];
}

export const waitSchema = z.strictObject({ tag: z.enum(lifecycleTags), timeout: milliseconds });

export const unwatchSchema = z.strictObject({ awakeable: z.string() });

export const timerSchema = z.strictObject({ generation: whole, timer: z.string(), token: whole });

export const periodSchema = z.strictObject({ token: whole });

/** An operation, as the object gives it to a host. */
export const orderSchema = z.strictObject({
  agent: AgentName.schema,
  host: hostName,
  generation: whole,
  serial: whole,
  /** The top state in which it was begun. */
  state: stateSchema,
  /** Whether a delay of the lifecycle has led to it, and no command or outcome. */
  byTimer: z.boolean(),
  spec: driverSpecSchema,
  input: z.strictObject({
    ...identityFields,
    operation: operationSchema,
    forced: z.boolean(),
  }),
});
export type OperationOrder = z.output<typeof orderSchema>;

/** What has come of an operation. `superseded`: something newer is under way, nobody waits for this. */
export const outcomeSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), pending: z.nullable(PendingRequestCount.schema) }),
  z.strictObject({
    type: z.literal('error'),
    message: longText,
    pending: z.nullable(PendingRequestCount.schema),
  }),
  z.strictObject({ type: z.literal('superseded') }),
]);
export type OperationOutcome = z.output<typeof outcomeSchema>;

export const settleSchema = z.strictObject({ generation: whole, serial: whole, outcome: outcomeSchema });

/** The question of a host whether an operation is still to be begun, and how often it was. */
export const beginSchema = z.strictObject({ generation: whole, serial: whole, session });
export const beginResultSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('begin'), attempt: whole }),
  z.strictObject({ type: z.literal('superseded') }),
]);
export type BeginResult = z.output<typeof beginResultSchema>;

export const renewSchema = z.strictObject({
  generation: whole,
  session,
  pending: PendingRequestCount.schema,
  /** Whether the host takes no more requests: what is pending can only become less. */
  isClosed: z.boolean(),
});
export type LeaseRenewal = z.output<typeof renewSchema>;

export const renewResultSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('granted'),
    /** Milliseconds from when the host has asked. */
    period: milliseconds,
    /** The state for which no more requests are taken; null where they are. */
    closedFor: z.nullable(stateSchema),
  }),
  /** Not yet: the agent is on its way, or an earlier generation may still serve. */
  z.strictObject({ type: z.literal('withheld') }),
  /** Never more: the agent has ended, or is another's. */
  z.strictObject({ type: z.literal('fenced') }),
]);
export type RenewResult = z.output<typeof renewResultSchema>;

/** What a driver says of its agent by itself. */
export const endedSchema = z.strictObject({
  generation: whole,
  session,
  /** Null when it has ended with success. */
  reason: z.nullable(longText),
});

/** Where an agent is, for a host to be asked about it. */
export const hostedSchema = z.strictObject({
  agent: AgentName.schema,
  host: hostName,
  generation: whole,
});
export const closeSchema = z.strictObject({
  agent: AgentName.schema,
  host: hostName,
  generation: whole,
  /** The state in which requests are refused from now on. */
  state: stateSchema,
});
export type CloseRequest = z.output<typeof closeSchema>;
/** What the process that answers for a host says of an agent. */
export const countSchema = z.strictObject({
  session: z.string(),
  /** Null where it does not run it. */
  pending: z.nullable(PendingRequestCount.schema),
});
export type RequestCount = z.output<typeof countSchema>;

/** The process that has nothing left of an agent. */
export const disposedSchema = z.strictObject({ session: z.string() });

export const releasedSchema = z.strictObject({ generation: whole, session: z.string() });

const refusalSchema = z.looseObject({ code: z.string() });

/** What the object answers a client. */
export const objectResultSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('taken'), status: agentStatusSchema }),
  /** The chart refuses it. */
  z.strictObject({ type: z.literal('refused'), error: refusalSchema, status: agentStatusSchema }),
  /** It never came to the chart. */
  z.strictObject({ type: z.literal('denied'), error: refusalSchema }),
]);
export type ObjectResult = z.output<typeof objectResultSchema>;

export const waitResultSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('reached'), status: agentStatusSchema }),
  z.strictObject({ type: z.literal('ended'), status: agentStatusSchema }),
  z.strictObject({ type: z.literal('timedOut') }),
  z.strictObject({ type: z.literal('unknown') }),
]);
export type WaitResult = z.output<typeof waitResultSchema>;

/** @throws {DistributedError} `InvalidMessage` with the path of the first bad field, what was expected and what came */
export function parseMessage<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = z.safeParse(schema, value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [z.core.$ZodIssue];
  throw invalidMessage(issue.path.join('.'), expectationOf(issue), issue.input, { cause: parsed.error });
}

export function invalidMessage(path: string, expected: string, received: unknown, options?: ErrorOptions) {
  const described = new InvalidValueError({ field: path, expected, received }).received;
  const problem = `expected ${expected}, received ${described}`;
  return new DistributedError({ code: 'InvalidMessage', path, problem }, options);
}

const EXPECTED = 'expected ';

function expectationOf(issue: z.core.$ZodIssue): string {
  return issue.message.startsWith(EXPECTED) ? issue.message.slice(EXPECTED.length) : expectedBy(issue);
}
