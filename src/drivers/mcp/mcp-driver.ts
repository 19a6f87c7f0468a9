import * as z from 'zod';
import type { AgentDriverFactory } from '../../host/agent-driver.js';
import { ChildDriver } from '../child/child-driver.js';
import { McpDriverError } from './mcp-driver-error.js';
import { mcpOptionsSchema, type ResolvedMcpOptions } from './mcp-options.js';
import { McpSession } from './mcp-session.js';

/**
 * Runs servers of the Model Context Protocol, each a child process that is spoken to over its stdin and stdout. A
 * request is the call of a tool, and its answer the tool's result. Servers are started, stopped and killed as other
 * processes are: see docs/processes.md.
 */
export function mcpDriver(): AgentDriverFactory {
  return (deployment) => {
    const options = parseOptions(deployment.options);
    return new ChildDriver(
      options,
      deployment,
      (child, onNonsense) => new McpSession(child, options, deployment, onNonsense),
    );
  };
}

function parseOptions(options: unknown): ResolvedMcpOptions {
  const parsed = mcpOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new McpDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}
