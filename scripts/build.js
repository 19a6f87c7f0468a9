// Compiles the package, and the example agents from AssemblyScript to WebAssembly.
// With --if-needed it does so only when a source is newer than the last build.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { joinModules } from './join-modules.js';

const EXAMPLE_AGENTS = ['word-count', 'slow-echo'];
const SOURCES = [
  'machines',
  'src',
  'examples/agents',
  'scripts/build.js',
  'scripts/join-modules.js',
  'package.json',
  'tsconfig.build.json',
];
const COMMAND = 'dist/src/cli/main.js';
const STAMP = 'dist/.built';

if (!process.argv.includes('--if-needed') || isStale()) await build();

async function build() {
  rmSync('dist', { recursive: true, force: true });
  run('typescript/bin/tsc', '--project', 'tsconfig.build.json');
  await joinModules();
  for (const file of ['index.html', 'style.css']) cpSync(`src/page/${file}`, `dist/src/page/${file}`);
  // tsc does not set the bit without which a command cannot be run.
  chmodSync(COMMAND, 0o755);
  for (const agent of EXAMPLE_AGENTS) {
    const source = `examples/agents/${agent}`;
    const abort = 'abort=examples/agents/plugin/abort';
    run(
      'assemblyscript/bin/asc.js',
      `${source}.ts`,
      '--optimize',
      '--use',
      abort,
      '--outFile',
      `${source}.wasm`,
    );
  }
  writeFileSync(STAMP, '');
}

function isStale() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (EXAMPLE_AGENTS.some((agent) => !existsSync(`examples/agents/${agent}.wasm`))) return true;
  return SOURCES.flatMap(filesIn).some((file) => statSync(file).mtimeMs > built);
}

/** @type {(place: string) => string[]} */
function filesIn(place) {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place).flatMap((name) => filesIn(path.join(place, name)));
}

/** @param {string} script @param {string[]} args */
function run(script, ...args) {
  execFileSync(process.execPath, [`node_modules/${script}`, ...args], { stdio: 'inherit' });
}
