import * as z from 'zod/mini';
import { AGENT_GOALS } from '../host/agent-goal.js';
import type { AgentSpec } from '../host/agent-spec.js';
import { PersistenceError } from './persistence-error.js';

export const RECORD_VERSION = 1;

const generation = z.int().check(z.minimum(0));

const recordSchema = z.strictObject({
  version: z.literal(RECORD_VERSION),
  spec: z.looseObject({
    name: z.string(),
    driver: z.string(),
    agentId: z.string(),
    version: z.string(),
    versionNumber: z.int(),
  }),
  goal: z.enum(AGENT_GOALS),
  isCordoned: z.boolean(),
  generation,
  lastGeneration: generation,
  /** Of its journal. */
  epoch: z.string(),
  /** Checked where it is restored. */
  lifecycle: z.unknown(),
});

/** What is kept of an agent beside its journal. JSON only. */
export type AgentRecord = z.output<typeof recordSchema> & { readonly spec: AgentSpec };

/** @throws {PersistenceError} `NewerVersion`, or `Damaged` with the path of the first bad field */
export function parseAgentRecord(value: unknown): AgentRecord {
  const { success, data } = z.safeParse(z.looseObject({ version: z.int() }), value);
  if (success && data.version > RECORD_VERSION) {
    throw new PersistenceError({ code: 'NewerVersion', version: data.version, known: RECORD_VERSION });
  }
  const parsed = z.safeParse(recordSchema, value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [z.core.$ZodIssue];
  throw new PersistenceError(
    { code: 'Damaged', path: issue.path.join('.'), problem: issue.message },
    { cause: parsed.error },
  );
}
