import * as z from 'zod';

// An agent as the HTTP API shows it. The server builds it, the command parses it, the page takes its types.
// Unknown fields are kept, and names of states are any text: the server may be newer than its reader.

const swapViewSchema = z.looseObject({
  generation: z.int(),
  versionNumber: z.int(),
  phase: z.string(),
});

/** The requests beside those in work, and how many there may be of either. */
const requestsViewSchema = z.looseObject({
  /** Those in work whose answer is a stream. */
  streaming: z.int(),
  /** Those that wait for a place. */
  queued: z.int(),
  /** How many may be in work. */
  concurrency: z.int(),
  /** How many may wait. */
  queue: z.int(),
});

export const agentViewSchema = z.looseObject({
  name: z.string(),
  /** The top state. */
  state: z.string(),
  /** The path of the active state: `running.serving`. */
  leaf: z.string(),
  /** The operation in flight. */
  operation: z.string().nullable(),
  /** The timeout that runs, in milliseconds. */
  timer: z.looseObject({ delay: z.string(), total: z.number(), left: z.number() }).nullable(),
  version: z.string(),
  versionNumber: z.int(),
  generation: z.int(),
  health: z.looseObject({ status: z.string(), reason: z.string().nullable() }),
  supervision: z.string(),
  isCordoned: z.boolean(),
  /** The dependencies that do not run yet. */
  waitsFor: z.array(z.string()).readonly(),
  /** The new version that is replacing this one, or has just replaced it. */
  swapUnderWay: swapViewSchema.nullable(),
  /** Those in work. */
  pendingRequests: z.int(),
  /** Undefined where the server is older, and in a recorded journal. */
  requests: requestsViewSchema.optional(),
  failureReason: z.string().nullable(),
  /** The types of the events that the current state accepts. */
  accepts: z.array(z.string()).readonly(),
});

const drainReportSchema = z.looseObject({
  completed: z.int(),
  /** Undefined where the server, or the record, is older. */
  handedOver: z.array(z.unknown()).readonly().optional(),
  aborted: z.array(z.unknown()).readonly(),
  abandoned: z.array(z.unknown()).readonly(),
  forced: z.boolean(),
  durations: z.looseObject({ total: z.number() }),
});

/** The response to a command. Only a drain has a report. */
export const commandResultSchema = z.looseObject({
  agent: agentViewSchema,
  report: drainReportSchema.nullish(),
});

/** The response to a swap. Its report is another one. */
export const swapResultSchema = z.looseObject({ agent: agentViewSchema });

export const errorResultSchema = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string() }),
});

export type AgentView = z.output<typeof agentViewSchema>;
export type DrainReportView = z.output<typeof drainReportSchema>;
export type SwapView = z.output<typeof swapViewSchema>;
export type CommandResult = z.output<typeof commandResultSchema>;
export type SwapResult = z.output<typeof swapResultSchema>;
export type ErrorResult = z.output<typeof errorResultSchema>;

/** An event `agents` of the stream `/events`. The first one of a stream has all agents. */
export interface AgentsUpdate {
  readonly changed: readonly AgentView[];
  /** The names of the agents that were removed. */
  readonly removed: readonly string[];
}
