import * as z from 'zod';
import type { AgentDriverFactory } from '../../host/agent-driver.js';
import { ChildDriver } from '../child/child-driver.js';
import { loadMcpSdk } from './load-sdk.js';
import { McpDriverError } from './mcp-driver-error.js';
import { mcpOptionsSchema, type ResolvedMcpOptions } from './mcp-options.js';
import { McpProtocol } from './mcp-protocol.js';

/**
 * Runs servers of the Model Context Protocol, each as a child process, over its stdin and stdout. A
 * request is the call of a tool, and its answer the tool's result. Servers are started, stopped and killed as other
 * processes are: see docs/processes.md. The package `@modelcontextprotocol/sdk` is loaded with the first of them; where it
 * is not installed, the agent fails with a `MissingPackageError`.
 */
export function mcpDriver(): AgentDriverFactory {
  return (deployment) => {
    const options = parseOptions(deployment.options);
    return new ChildDriver(options, deployment, async () => {
      const sdk = await loadMcpSdk();
      return (child, onProtocolError) => new McpProtocol(sdk, child, options, deployment, onProtocolError);
    });
  };
}

function parseOptions(options: unknown): ResolvedMcpOptions {
  const parsed = mcpOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new McpDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}
