// Checks that what users import from the package's root, minified and without its dependencies, stays small.
import { build } from 'esbuild';

/** In bytes, by what is imported from which entry. */
const MOST = /** @type {const} */ ([
  ['agentLifecycleMachine', 'index', 20_000],
  ['createFleet', 'fleet', 47_000],
  ['createAgentHost', 'index', 92_000],
]);

for (const [name, entry, most] of MOST) {
  const bytes = await sizeOf(name, entry);
  process.stdout.write(`${name} has ${bytes} bytes, of ${most} that it may have\n`);
  if (bytes > most) process.exitCode = 1;
}

/** @param {string} name @param {string} entry */
async function sizeOf(name, entry) {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from './dist/esm/${entry}.js'`, resolveDir: '.' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    // Chunks that an import does not need are left out, which is what is measured.
    logLevel: 'error',
  });
  return outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
}
