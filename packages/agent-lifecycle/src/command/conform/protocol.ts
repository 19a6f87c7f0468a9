import * as z from 'zod';
import {
  Capacity,
  agentLifecycleChart,
  type AgentLifecycleState,
  type AgentOperation,
  DrainTimeout,
  TransitionTimeout,
} from 'xstate-agent-lifecycle';

// The messages between `agent-lifecycle conform` and its subject, one line of JSON each.

const state = z.enum(agentLifecycleChart.states as [AgentLifecycleState, ...AgentLifecycleState[]]);
const operation = z.enum(agentLifecycleChart.operations as [AgentOperation, ...AgentOperation[]]);
const id = z.int().min(1).describe('Counts the requests; an answer bears the id of its request');

const settle = { id, do: z.literal('settle'), operation };
const wholeIn = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);
const milliseconds = (range: { min: number; max: number }) => wholeIn(range).describe('Milliseconds');

const requestSchema = z.discriminatedUnion('do', [
  z
    .object({
      id,
      do: z.literal('create'),
      input: z.object({
        transitionTimeout: milliseconds(TransitionTimeout),
        drainTimeout: milliseconds(DrainTimeout),
        capacity: wholeIn(Capacity)
          .optional()
          .describe(
            'How many requests may be pending at once; sent once the subject has said that it has one',
          ),
      }),
    })
    .describe('Make a new agent, unloaded, at time 0; it replaces the one before'),
  z
    .object({
      id,
      do: z.literal('send'),
      event: z.object({ type: z.string(), reason: z.string().optional() }),
    })
    .describe('An event that a host sends; types that no lifecycle knows are among them'),
  z
    .discriminatedUnion('outcome', [
      z.object({ ...settle, outcome: z.literal('done') }),
      z.object({ ...settle, outcome: z.literal('error'), message: z.string() }),
    ])
    .describe('The operation has ended; one that is not in flight changes nothing, and is accepted'),
  z
    .object({ id, do: z.literal('advance'), ms: z.int().min(0) })
    .describe('Time passes; deadlines fire in their order, each at its own moment'),
  z.object({ id, do: z.literal('end') }).describe('The conversation ends; comes once'),
]);

/** Further fields are ignored. */
export const responseSchema = z.looseObject({
  id,
  accepted: z.boolean(),
  code: z.string().nullable().describe('The code of the refusal, null when there is none'),
  view: z
    .looseObject({
      state,
      operation: operation.nullable().describe('The operation in flight'),
      previousState: state.nullable(),
      pendingRequests: z.int(),
      failureReason: z.string().nullable(),
    })
    .describe('What holds after the request'),
  capacity: z
    .boolean()
    .optional()
    .describe(
      'In the answer to create: whether the subject has a capacity; it takes 10 000 requests at once if not',
    ),
});

export type ConformanceRequest = z.output<typeof requestSchema>;
export type ConformanceResponse = z.output<typeof responseSchema>;

/** The protocol as a JSON Schema, for subjects in other languages. */
export function protocolJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The conformance protocol of xstate-agent-lifecycle',
    $defs: {
      request: withoutDialect(z.toJSONSchema(requestSchema)),
      response: withoutDialect(z.toJSONSchema(responseSchema)),
    },
    oneOf: [{ $ref: '#/$defs/request' }, { $ref: '#/$defs/response' }],
  };
}

function withoutDialect({ $schema: _, ...schema }: Record<string, unknown>): object {
  return schema;
}
