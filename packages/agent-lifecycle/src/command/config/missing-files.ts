import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Command, findProgram } from 'xstate-agent-lifecycle/drivers/process';
import type { AgentSpec } from 'xstate-agent-lifecycle';
import { ConfigError } from '../command-error.js';
import { CONFIG_DRIVERS, type NeededFile } from './drivers.js';

/**
 * Checks that the files that the agents of a config need exist, before any agent is started.
 *
 * @throws {ConfigError} with each missing file, by its path in the config
 */
export async function assertFiles(config: string, agents: readonly AgentSpec[]): Promise<void> {
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

/** Null when it exists. */
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
  // Windows also tries its own file extensions.
  if (process.platform === 'win32' || (await findProgram(child)) !== null) return null;
  const { command, cwd } = child;
  const [where, place] = command.includes('/') ? ['', path.resolve(cwd, command)] : [' in PATH', command];
  return `expected a program, found none that can be run${where}: ${place}`;
}
