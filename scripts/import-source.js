import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Compiles a module of the sources and loads it.
 *
 * @param {string} file
 * @returns {Promise<unknown>}
 */
export async function importSource(file) {
  const outfile = path.resolve('dist', `${path.basename(file, '.ts')}-${process.pid}.mjs`);
  await build({
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'warning',
  });
  try {
    /** @type {unknown} */
    const module = await import(pathToFileURL(outfile).href);
    return module;
  } finally {
    rmSync(outfile);
  }
}
