import type * as z from 'zod/mini';
import { textSchema } from './text-schema.js';
import { valueType } from './value-type.js';

const MAX_CODE_POINTS = 255;
const schema = () => textSchema(MAX_CODE_POINTS).brand<'AgentName'>();

/** Name of an agent: 1 to 255 Unicode code points. */
export type AgentName = z.output<ReturnType<typeof schema>>;

/** Parses names of agents. */
export const AgentName = valueType('AgentName', `a string of 1 to ${MAX_CODE_POINTS} characters`, schema);
