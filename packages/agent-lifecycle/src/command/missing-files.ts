import { stat } from 'node:fs/promises';
import path from 'node:path';
import { findProgram, type Command } from '../../../../src/drivers/child/find-command.js';
import type { AgentSpec } from '../../../../src/host/agent-spec.js';
import { ConfigError } from './config-error.js';
import { CONFIG_DRIVERS, type NeededFile } from './drivers.js';

/**
 * Finds what the agents of a config need and the disk does not have, before any of them is started.
 *
 * @throws {ConfigError} naming each by its path in the config
 */
export async function expectFiles(config: string, agents: readonly AgentSpec[]): Promise<void> {
  const problems = await Promise.all(
    agents.flatMap(({ driver, options }, index) => {
      const needed = CONFIG_DRIVERS.find(({ name }) => name === driver)?.filesOf(options) ?? [];
      return needed.map(async (file) => {
        const problem = await problemWith(file);
        return problem === null ? [] : [`agents[${index}].options.${file.option}: ${problem}`];
      });
    }),
  );
  if (problems.flat().length > 0) throw new ConfigError(config, problems.flat());
}

/** Null when it is there. */
async function problemWith(file: NeededFile): Promise<string | null> {
  if (file.kind === 'command') return problemWithCommand(file.child);
  const { kind, place } = file;
  const [expected, is] =
    kind === 'file' ? (['a file', 'isFile'] as const) : (['a folder', 'isDirectory'] as const);
  try {
    return (await stat(place))[is]() ? null : `expected ${expected}, found something else: ${place}`;
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    const found = isMissing ? 'found none' : (error as Error).message;
    return `expected ${expected}, ${found}: ${place}`;
  }
}

async function problemWithCommand(child: Command): Promise<string | null> {
  // Windows has endings of its own that it tries.
  if (process.platform === 'win32' || (await findProgram(child)) !== null) return null;
  const { command, cwd } = child;
  const [where, place] = command.includes('/') ? ['', path.resolve(cwd, command)] : [' in PATH', command];
  return `expected a program, found none that can be run${where}: ${place}`;
}
