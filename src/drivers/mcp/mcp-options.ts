import * as z from 'zod';
import { childOptionsSchema } from '../child/child-options.js';

/** The options of an MCP agent. */
export const mcpOptionsSchema = z.strictObject({
  ...childOptionsSchema.shape,
  /** The tool that every request calls, its payload being the arguments; without it each request names its own. */
  tool: z.string().min(1).optional(),
});

/** The options as they are given. */
export type McpOptions = z.input<typeof mcpOptionsSchema>;

export type ResolvedMcpOptions = z.output<typeof mcpOptionsSchema>;
