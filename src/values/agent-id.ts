import { v4 } from 'uuid';
import type * as z from 'zod/mini';
import { isPlainUuid, uuidSchema } from './uuid-schema.js';
import { valueType } from './value-type.js';

const schema = () => uuidSchema().brand<'AgentId'>();

/** Unique identifier of an agent: a UUID in lower case. */
export type AgentId = z.output<ReturnType<typeof schema>>;

const type = valueType('AgentId', 'a hyphenated UUID', schema, { isPlain: isPlainUuid });

/** Parses and generates ids of agents. */
export const AgentId = Object.assign(type, {
  /** A new random (version 4) identifier. */
  generate: (): AgentId => type.parse(v4()),
});
