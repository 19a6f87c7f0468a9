import * as z from 'zod';
import type { AgentDriverFactory } from '../../host/agent-driver.js';
import { ChildDriver } from '../child/child-driver.js';
import { JsonSession } from './json-session.js';
import { Noise } from '../child/output.js';
import { ProcessDriverError } from './process-driver-error.js';
import { processOptionsSchema, type ResolvedProcessOptions } from './process-options.js';

/**
 * Runs programs in any language, each a child process that is spoken to in lines of JSON over its stdin and stdout.
 * Its requests run side by side. One that is stopped is first asked to end, then made to; neither it nor what it has
 * started outlives its host, even a host that is killed. See docs/processes.md.
 */
export function processDriver(): AgentDriverFactory {
  return (deployment) => {
    const options = parseOptions(deployment.options);
    return new ChildDriver(
      options,
      deployment,
      (child, onNonsense) => new JsonSession(child, options, new Noise(deployment), onNonsense),
    );
  };
}

function parseOptions(options: unknown): ResolvedProcessOptions {
  const parsed = processOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new ProcessDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}
