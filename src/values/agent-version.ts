import { v4 } from 'uuid';
import type * as z from 'zod/mini';
import { isPlainUuid, uuidSchema } from './uuid-schema.js';
import { valueType } from './value-type.js';

const schema = () => uuidSchema().brand<'AgentVersion'>();

/** Unique identifier of one version of an agent: a UUID in lower case. */
export type AgentVersion = z.output<ReturnType<typeof schema>>;

const type = valueType('AgentVersion', 'a hyphenated UUID', schema, {
  messagePrefix: 'Invalid UUID format: ',
  isPlain: isPlainUuid,
});

/** Parses and generates versions of agents. */
export const AgentVersion = Object.assign(type, {
  /** A new random (version 4) identifier. */
  generate: (): AgentVersion => type.parse(v4()),
});
