import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { ChildGroupError } from './child-group-error.js';
import { environmentWith } from './environment.js';

/** Where a system looks when nobody says where: never in the folder that a program runs in. */
const DEFAULT_PATH = '/usr/bin:/bin';

/** Which program to run, and from where. */
export interface Command {
  /** A path, or a name that is looked up in `PATH`. */
  readonly command: string;
  /** The folder that it runs in. */
  readonly cwd: string;
  /** Its own environment variables, `PATH` among them. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Where the program of a command is, whose folder there must be.
 *
 * @throws {ChildGroupError} `FolderNotFound`, `CommandNotFound`
 */
export async function findCommand(command: Command): Promise<string> {
  const folder = path.resolve(command.cwd);
  if (!(await isFolder(folder))) throw new ChildGroupError('FolderNotFound', folder);
  const program = await findProgram(command);
  if (program === null) throw new ChildGroupError('CommandNotFound', command.command);
  return program;
}

/**
 * Where the program of a command is: at the path that it is, from the folder that it runs in, or in the first folder
 * of `PATH` that has it. Null where it is nowhere.
 */
export async function findProgram({ command, cwd, env }: Command): Promise<string | null> {
  const { PATH = DEFAULT_PATH } = environmentWith(env);
  const folders = command.includes('/') ? [''] : PATH.split(path.delimiter);
  for (const each of folders) {
    const program = path.resolve(cwd, each, command);
    if (await isProgram(program)) return program;
  }
  return null;
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
