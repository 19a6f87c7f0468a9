import * as z from 'zod/mini';
import { AgentId } from '../../values/agent-id.js';
import { AgentName } from '../../values/agent-name.js';
import { AgentVersion } from '../../values/agent-version.js';
import { DrainTimeout } from '../../values/drain-timeout.js';
import { TransitionTimeout } from '../../values/transition-timeout.js';
import { VersionNumber } from '../../values/version-number.js';
import { DESIRED_AGENT_STATES } from './desired-state.js';
import type { AgentSpec } from '../agent-spec.js';
import { damageIn } from '../../snapshot/damage.js';
import { PersistenceError } from '../../snapshot/persistence-error.js';

export const RECORD_VERSION = 1;

const generation = z.int().check(z.minimum(0));

const recordSchema = z.strictObject({
  version: z.literal(RECORD_VERSION),
  spec: z.looseObject({
    name: AgentName.schema,
    driver: z.string(),
    agentId: AgentId.schema,
    version: AgentVersion.schema,
    versionNumber: VersionNumber.schema,
    transitionTimeout: z.optional(TransitionTimeout.schema),
    drainTimeout: z.optional(DrainTimeout.schema),
  }),
  goal: z.enum(DESIRED_AGENT_STATES),
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
  if (!parsed.success) throw damageIn(what, parsed.error);
  const { spec, generation, lastGeneration } = parsed.data;
  if (spec.name !== agent) {
    const problem = `expected ${JSON.stringify(agent)}, received ${JSON.stringify(spec.name)}`;
    throw new PersistenceError({ code: 'Damaged', what, path: 'spec.name', problem });
  }
  if (generation > lastGeneration) {
    const problem = `expected ${generation} at least, received ${lastGeneration}`;
    throw new PersistenceError({ code: 'Damaged', what, path: 'lastGeneration', problem });
  }
  return parsed.data;
}
