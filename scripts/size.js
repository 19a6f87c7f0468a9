// Checks that the package's root, minified and without its dependencies, stays small.
import { build } from 'esbuild';

/** The goal is 60 000: docs/performance.md says where it stands. */
const MOST_BYTES = 75_000;

const { outputFiles } = await build({
  entryPoints: ['dist/src/index.js'],
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  packages: 'external',
});
const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
process.stdout.write(`The root bundle has ${bytes} bytes, of ${MOST_BYTES} that it may have\n`);
process.exitCode = bytes < MOST_BYTES ? 0 : 1;
