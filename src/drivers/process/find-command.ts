import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { ChildGroupError } from './child-group-error.js';
import type { ResolvedChildOptions } from './child-options.js';
import { environmentWith } from './environment.js';

/** Where a system looks when nobody says where: never in the folder that a program runs in. */
const DEFAULT_PATH = '/usr/bin:/bin';

/**
 * Where the program of a command is: at the path that it is, from the folder that it runs in, or in the first folder
 * of `PATH` that has it.
 *
 * @throws {ChildGroupError} `FolderNotFound`, `CommandNotFound`
 */
export async function findCommand({ command, cwd, env }: ResolvedChildOptions): Promise<string> {
  const folder = path.resolve(cwd);
  if (!(await isFolder(folder))) throw new ChildGroupError('FolderNotFound', folder);
  const { PATH = DEFAULT_PATH } = environmentWith(env);
  const folders = command.includes('/') ? [''] : PATH.split(path.delimiter);
  for (const each of folders) {
    const program = path.resolve(folder, each, command);
    if (await isProgram(program)) return program;
  }
  throw new ChildGroupError('CommandNotFound', command);
}

async function isFolder(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory();
  } catch {
    return false;
  }
}

async function isProgram(place: string): Promise<boolean> {
  try {
    await access(place, constants.X_OK);
    return (await stat(place)).isFile();
  } catch {
    return false;
  }
}
