import * as z from 'zod/mini';
import { AGENT_GOALS } from '../host/agent-goal.js';
import type { AgentSpec } from '../host/agent-spec.js';
import { damageIn } from './damage.js';
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
export function parseAgentRecord(agent: string, value: unknown): AgentRecord {
  const what = `The record of the agent ${JSON.stringify(agent)}`;
  const { success, data } = z.safeParse(z.looseObject({ version: z.int() }), value);
  if (success && data.version > RECORD_VERSION) {
    throw new PersistenceError({ code: 'NewerVersion', what, version: data.version, known: RECORD_VERSION });
  }
  const parsed = z.safeParse(recordSchema, value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw damageIn(what, parsed.error);
}
