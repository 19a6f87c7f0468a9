import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a directory, and those around it. Node's own `recursive` tries for ever where the system says of a place that
 * it is not there, whatever is made around it, as Linux does in `/proc`.
 *
 * @throws {NodeJS.ErrnoException} `EEXIST` where there is something else
 */
export function makeDirectory(directory: string): void {
  const around = path.dirname(directory);
  try {
    mkdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && around !== directory) {
      makeDirectory(around);
      mkdirSync(directory);
    } else if (!isDirectory(directory)) throw error;
  }
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
