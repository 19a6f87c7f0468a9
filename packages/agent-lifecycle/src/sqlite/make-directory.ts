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
    makeWithin(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || around === directory) throw error;
    makeDirectory(around);
    makeWithin(directory);
  }
}

/** Another process may have made it meanwhile. */
function makeWithin(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if (!isDirectory(directory)) throw error;
  }
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
