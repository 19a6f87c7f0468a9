import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { AgentId } from '../domain/agent-id.js';
import { AgentName } from '../domain/agent-name.js';
import { AgentVersion } from '../domain/agent-version.js';
import { DrainTimeout } from '../domain/drain-timeout.js';
import { TransitionTimeout } from '../domain/transition-timeout.js';
import type { ValueType } from '../domain/value-type.js';
import { VersionNumber } from '../domain/version-number.js';
import { wasmOptionsSchema } from '../drivers/wasm/wasm-options.js';
import type { AgentSpec } from '../host/agent-spec.js';
import { ConfigError } from './config-error.js';

const agentFields = {
  name: valueSchema(AgentName),
  agentId: valueSchema(AgentId).optional(),
  version: valueSchema(AgentVersion).optional(),
  versionNumber: valueSchema(VersionNumber).optional(),
  transitionTimeout: valueSchema(TransitionTimeout).optional(),
  drainTimeout: valueSchema(DrainTimeout).optional(),
};

const agentSchema = z.discriminatedUnion(
  'driver',
  [
    z.strictObject({
      ...agentFields,
      driver: z.literal('wasm'),
      options: wasmOptionsSchema.extend({ module: z.string().min(1) }),
    }),
  ],
  {
    error: ({ input }) =>
      `expected one of wasm, received ${JSON.stringify((input as { driver?: unknown } | null)?.driver)}`,
  },
);

const configSchema = z.strictObject({
  $schema: z.string().optional(),
  agents: z.array(agentSchema).min(1).superRefine(refuseRepeatedNames),
});

/**
 * Reads the agents that a host is to run. Paths in the file are relative to it.
 *
 * @throws {ConfigError} naming each bad field by its path, with what was expected
 */
export async function readConfig(file: string): Promise<readonly AgentSpec[]> {
  const parsed = configSchema.safeParse(parseJson(file, await readText(file)), { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, parsed.error.issues.map(describeIssue));
  const folder = path.dirname(file);
  return parsed.data.agents.map((agent) => ({
    ...agent,
    options: { ...agent.options, module: path.resolve(folder, agent.options.module) },
  }));
}

async function readText(file: string): Promise<string> {
  try {
    // Some editors begin a file with a mark of its byte order, which is no JSON.
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new ConfigError(file, [`cannot be read: ${(error as Error).message}`], { cause: error });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [`is not JSON: ${(error as Error).message}`], { cause: error });
  }
}

/** A value type as a schema, so that its bounds and its words are not typed a second time. */
function valueSchema<Value>(type: ValueType<Value>) {
  return z.unknown().transform((value, context): Value => {
    const result = type.safeParse(value);
    if (result.success) return result.data;
    const { expected, received } = result.error;
    context.addIssue({ code: 'custom', message: `expected ${expected}, received ${received}` });
    return z.NEVER;
  });
}

function refuseRepeatedNames(agents: readonly { name: AgentName }[], context: z.RefinementCtx): void {
  agents.forEach(({ name }, index) => {
    if (agents.findIndex((other) => other.name === name) === index) return;
    const message = `expected a name of its own, received ${JSON.stringify(name)} again`;
    context.addIssue({ code: 'custom', message, path: [index, 'name'] });
  });
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.reduce<string>(
    (before, key) =>
      typeof key === 'number' ? `${before}[${key}]` : [before, String(key)].filter(Boolean).join('.'),
    '',
  );
  return `${at || 'the whole'}: ${issue.message}`;
}
