import * as z from 'zod';
import { FailureReason } from '../../values/failure-reason.js';
import { jsonText } from '../json-text.js';
import { textIn } from '../../util/utf8-text.js';
import { McpDriverError } from './mcp-driver-error.js';

/** No `z.record`, which drops an argument that is named `__proto__`. */
const argumentsSchema = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid input: expected an object',
);
const toolCallSchema = z.strictObject({ tool: z.string().min(1), arguments: argumentsSchema.default({}) });

export type ToolCall = z.output<typeof toolCallSchema>;

/**
 * The call that a payload is: an object, or the JSON of one as text or bytes.
 *
 * @param tool the tool that is called, when the payload is only its arguments
 * @throws {McpDriverError} `InputInvalid`
 */
export function toolCallIn(payload: unknown, tool: string | undefined): ToolCall {
  const value = valueIn(payload);
  const parsed = toolCallSchema.safeParse(tool === undefined ? value : { tool, arguments: value });
  if (!parsed.success) {
    throw new McpDriverError('InputInvalid', z.prettifyError(parsed.error), { cause: parsed.error });
  }
  if (typeof payload === 'object' && !(payload instanceof Uint8Array)) assertJson(parsed.data.arguments);
  return parsed.data;
}

function valueIn(payload: unknown): unknown {
  const text = payload instanceof Uint8Array ? textIn(payload) : payload;
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new McpDriverError('InputInvalid', (error as Error).message, { cause: error });
  }
}

function assertJson(given: unknown): void {
  try {
    jsonText(given);
  } catch (error) {
    throw new McpDriverError('InputInvalid', FailureReason.describe(error), { cause: error });
  }
}
