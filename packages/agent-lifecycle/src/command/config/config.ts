import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod';
import { type AgentSpec, dependencyPhases } from 'xstate-agent-lifecycle';
import { parseExactJson } from '../../server/exact-json.js';
import { ConfigError } from '../command-error.js';
import { configSchema } from './config-schema.js';
import { CONFIG_DRIVERS } from './drivers.js';

/** An agent of a config, whose driver has a name. */
export type ConfigAgent = AgentSpec & { readonly driver: string };

export interface Config {
  readonly agents: readonly ConfigAgent[];
  /** Milliseconds between becoming unready and the drain. */
  readonly preDrainDelay?: number | undefined;
  /** Milliseconds for each group of agents that start, or stop, together. */
  readonly phaseTimeout?: number | undefined;
}

/**
 * Reads a config. Paths in the file are relative to it.
 *
 * @throws {ConfigError} naming each bad field by its path, with what was expected
 */
export async function readConfig(file: string): Promise<Config> {
  const parsed = configSchema.safeParse(parseJson(file, await readText(file)), { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, parsed.error.issues.map(describeIssue));
  const { $schema: _, agents, ...config } = parsed.data;
  assertDependencies(file, agents);
  return { ...config, agents: agents.map((agent) => withPathsFrom(path.dirname(file), agent)) };
}

async function readText(file: string): Promise<string> {
  try {
    // Some editors write a byte order mark, which is not JSON.
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new ConfigError(file, [`cannot be read: ${(error as Error).message}`], { cause: error });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [`is not JSON: ${(error as Error).message}`], { cause: error });
  }
  try {
    return parseExactJson(text, 'the whole');
  } catch (error) {
    throw new ConfigError(file, [(error as Error).message], { cause: error });
  }
}

function assertDependencies(file: string, agents: readonly AgentSpec[]): void {
  try {
    dependencyPhases(agents);
  } catch (error) {
    throw new ConfigError(file, [`agents: ${(error as Error).message}`], { cause: error });
  }
}

function withPathsFrom(folder: string, agent: ConfigAgent): ConfigAgent {
  const driver = CONFIG_DRIVERS.find(({ name }) => name === agent.driver);
  return { ...agent, options: driver?.resolvePaths(agent.options, folder) };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.reduce<string>(
    (before, key) =>
      typeof key === 'number' ? `${before}[${key}]` : [before, String(key)].filter(Boolean).join('.'),
    '',
  );
  return `${at || 'the whole'}: ${issue.message}`;
}
