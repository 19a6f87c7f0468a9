import * as z from 'zod';
import { childOptionsSchema } from '../child/child-options.js';

/** What an agent that is an MCP server needs to know. */
export const mcpOptionsSchema = z.strictObject({
  ...childOptionsSchema.shape,
  /** The tool that every request calls, its payload being the arguments; without it each request names its own. */
  tool: z.string().min(1).optional(),
});

/** The options as they are given. */
export type McpOptions = z.input<typeof mcpOptionsSchema>;

export type ResolvedMcpOptions = z.output<typeof mcpOptionsSchema>;
