import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The folder of this package, wherever the module that asks was built to. */
const PACKAGE = pathToFileURL(createRequire(import.meta.url).resolve('agent-lifecycle/package.json'));

/** Reads a file that the build makes: a part of the page, the drawing of a chart. */
export function readBuilt(file: string): Promise<Buffer> {
  return readFile(new URL(`dist/esm/${file}`, PACKAGE));
}
