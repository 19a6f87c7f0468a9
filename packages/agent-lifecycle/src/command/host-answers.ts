import * as z from 'zod';

// What a host answers, as far as it is shown. What else it says is kept: a host may be newer than who asks it.

export const agentStateSchema = z.looseObject({
  name: z.string(),
  state: z.string(),
  health: z.looseObject({ status: z.string(), reason: z.string().nullable() }),
  versionNumber: z.int(),
  generation: z.int(),
  pendingRequests: z.int(),
  // An older host does not say these.
  operation: z.string().nullish(),
  timer: z.looseObject({ left: z.number() }).nullish(),
  waitsFor: z.array(z.string()).optional(),
  swapUnderWay: z.looseObject({ generation: z.int(), versionNumber: z.int(), phase: z.string() }).nullish(),
});

const drainReportSchema = z.looseObject({
  completed: z.int(),
  aborted: z.array(z.unknown()),
  abandoned: z.array(z.unknown()),
  forced: z.boolean(),
  durations: z.looseObject({ total: z.number() }),
});

/** To a command. */
export const agentAnswerSchema = z.looseObject({
  agent: agentStateSchema,
  report: drainReportSchema.nullish(),
});

export const swapAnswerSchema = z.looseObject({ agent: agentStateSchema });

export const journalEntrySchema = z.looseObject({
  sequence: z.int(),
  // Where a Date has its bounds.
  at: z.number().min(-8.64e15).max(8.64e15),
  generation: z.int(),
  type: z.string(),
});

export const refusalSchema = z.looseObject({
  error: z.looseObject({ code: z.string(), message: z.string() }),
});

export type AgentState = z.output<typeof agentStateSchema>;
export type AgentAnswer = z.output<typeof agentAnswerSchema>;
export type JournalEntryAnswer = z.output<typeof journalEntrySchema>;
export type Refusal = z.output<typeof refusalSchema>;
