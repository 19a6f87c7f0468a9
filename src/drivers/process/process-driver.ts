import * as z from 'zod';
import type { AgentDriverFactory } from '../../host/agent-driver.js';
import { ChildDriver } from '../child/child-driver.js';
import { JsonProtocol } from './json-protocol.js';
import { ProcessDriverError } from './process-driver-error.js';
import { processOptionsSchema, type ResolvedProcessOptions } from './process-options.js';

/**
 * Runs programs in any language, each as a child process that reads and writes JSON, one object a line, on its stdin
 * and stdout. Requests run side by side. A stop first asks the process to end, then kills it. The process and its
 * children do not outlive the host, even when the host is killed. See docs/processes.md.
 */
export function processDriver(): AgentDriverFactory {
  return (deployment) => {
    const options = parseOptions(deployment.options);
    return new ChildDriver(
      options,
      deployment,
      () => (child, onProtocolError) => new JsonProtocol(child, options, deployment, onProtocolError),
    );
  };
}

function parseOptions(options: unknown): ResolvedProcessOptions {
  const parsed = processOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new ProcessDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}
