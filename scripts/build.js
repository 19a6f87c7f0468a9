// Builds both packages: their modules for `import` and for `require`, their types, the page, the drawings of the charts,
// and the example agents. With --if-needed it builds those parts only of which a source is newer than their last build; with
// --no-types it leaves the declarations as they are, which no test reads and which take the longest.
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { importSource } from './import-source.js';

const APPLICATION = 'packages/agent-lifecycle';
const EXAMPLE_AGENTS = ['word-count', 'slow-echo'];
/** Only ES modules, so that `require` would not find them: the build has a copy in each module of its own that needs them. */
const INLINED_FOR_REQUIRE = ['uuid', 'p-limit'];

/**
 * @typedef {{
 *   folder: string,
 *   entries: Record<string, string>,
 *   required: readonly string[],
 * }} Package its entries by the names of their files; the folders of what can be required
 */

/** @type {Package} */
const library = {
  folder: '.',
  entries: {
    index: 'src/index.ts',
    fleet: 'src/fleet/index.ts',
    durable: 'src/durable.ts',
    inspect: 'src/inspect/index.ts',
    restate: 'src/restate/index.ts',
    testing: 'src/testing/index.ts',
    'drivers-mcp': 'src/drivers/mcp/index.ts',
    'drivers-process': 'src/drivers/process/index.ts',
    'drivers-wasm': 'src/drivers/wasm/index.ts',
    'drivers-worker': 'src/drivers/worker/index.ts',
    'module-worker': 'src/drivers/worker/module-worker.js',
    'plugin-worker': 'src/drivers/wasm/plugin-worker.js',
    'compile-worker': 'src/drivers/wasm/compile-worker.js',
    'http-worker': 'src/drivers/wasm/http-worker.js',
  },
  required: ['machines', 'src'],
};

/** @type {Package} */
const application = {
  folder: APPLICATION,
  entries: { index: 'src/index.ts', main: 'src/command/main.ts', sqlite: 'src/sqlite/sqlite-store.ts' },
  required: ['src/drawing/charts.ts', 'src/server', 'src/sqlite', 'src/index.ts'],
};

/** @type {import('esbuild').Plugin} */
const modulesByThemselves = {
  name: 'modules-by-themselves',
  setup: (bundling) => {
    bundling.onResolve({ filter: /^\./ }, ({ path: name, importer, kind, resolveDir }) => {
      if (kind === 'entry-point' || importer.includes('node_modules')) return undefined;
      const isOwn = !path
        .relative(String(bundling.initialOptions.absWorkingDir), path.join(resolveDir, name))
        .startsWith('..');
      return isOwn ? { path: name, external: true } : undefined;
    });
  },
};

const SETUP = ['scripts/build.js', 'package.json', `${APPLICATION}/package.json`];
const CODE = ['machines', 'src', `${APPLICATION}/src`];

/** @type {Record<string, { sources: readonly string[], run: () => Promise<unknown> }>} What is built by itself; the charts stand after the modules. */
const PARTS = {
  modules: {
    sources: CODE,
    run: () =>
      Promise.all([library, application].flatMap((each) => [buildForImport(each), buildForRequire(each)])),
  },
  types: { sources: [...CODE, 'tsconfig.json', 'tsconfig.build.json'], run: buildTypes },
  page: { sources: [`${APPLICATION}/src`, 'src/util'], run: buildPage },
  charts: { sources: ['machines', 'src/chart', `${APPLICATION}/src/drawing`], run: drawCharts },
  agents: { sources: ['examples/agents'], run: () => Promise.all(EXAMPLE_AGENTS.map(compileAgent)) },
};

await buildParts();

async function buildParts() {
  const isWhole = !process.argv.includes('--if-needed');
  if (isWhole) {
    for (const { folder } of [library, application]) {
      rmSync(path.join(folder, 'dist'), { recursive: true, force: true });
    }
  }
  const wanted = Object.entries(PARTS).filter(
    ([name]) => name !== 'types' || !process.argv.includes('--no-types'),
  );
  const stale = wanted.filter(([name, { sources }]) => isWhole || isStale(name, sources));
  /** @type {Promise<unknown>} */
  let modules = Promise.resolve();
  await Promise.all(
    stale.map(([name, { run }]) => {
      const begun = new Date();
      // The charts that are drawn are those of the library that was built.
      const built = (name === 'charts' ? modules : Promise.resolve()).then(run);
      if (name === 'modules') modules = built;
      return built.then(() => {
        stamp(name, begun);
      });
    }),
  );
}

/** @param {string} part @param {Date} begun What was changed since then is built again. */
function stamp(part, begun) {
  mkdirSync(path.dirname(stampOf(part)), { recursive: true });
  writeFileSync(stampOf(part), '');
  utimesSync(stampOf(part), begun, begun);
}

/** @param {string} part */
function stampOf(part) {
  return `dist/.built-${part}`;
}

/** What entries share is in chunks, so that all of them meet the same classes, and a bundler leaves out what it can. */
/** @param {Package} of */
async function buildForImport({ folder, entries }) {
  await build({
    ...(await options(folder)),
    entryPoints: entries,
    format: 'esm',
    splitting: true,
    outdir: 'dist/esm',
    sourcemap: true,
    sourcesContent: false,
  });
}

/** A file for each module: esbuild splits no CommonJS, and entries must share their classes here, too. */
/** @param {Package} of */
async function buildForRequire({ folder, required }) {
  const files = required
    .flatMap((place) => filesIn(path.join(folder, place)))
    .filter((file) => /(?<!-worker)\.[jt]s$/.test(file))
    .map((file) => path.relative(folder, file));
  const { external = [], ...rest } = await options(folder);
  await build({
    ...rest,
    entryPoints: files,
    outbase: '.',
    outdir: 'dist/cjs',
    format: 'cjs',
    external: external.filter((name) => !INLINED_FOR_REQUIRE.includes(name)),
    plugins: [modulesByThemselves],
    // Jest's CommonJS has no import().
    supported: { 'dynamic-import': false },
    // Workers, and files that are read, are those of the modules for `import`.
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: {
      js: `const importMetaUrl = require('node:url').pathToFileURL(__filename.replace(/([\\\\/]dist[\\\\/])cjs[\\\\/].*$/, '$1esm/index.js')).href;`,
    },
  });
  writeFileSync(path.join(folder, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');
}

/** @param {string} folder @returns {Promise<import('esbuild').BuildOptions>} */
async function options(folder) {
  const manifest = /** @type {unknown} */ (
    JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
  );
  const { dependencies, peerDependencies } =
    /** @type {{ dependencies: object, peerDependencies: object }} */ (manifest);
  const names = ['xstate-agent-lifecycle', ...Object.keys({ ...dependencies, ...peerDependencies })];
  return {
    absWorkingDir: path.resolve(folder),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    external: names.flatMap((name) => [name, `${name}/*`]),
    logLevel: 'warning',
  };
}

/** For both ways to load a module: TypeScript reads from the folder of a file what it is. */
async function buildTypes() {
  await run('typescript/bin/tsc', '--project', 'tsconfig.build.json');
  for (const file of filesIn('dist/types')) nameFourteen(file);
  cpSync(`dist/types/${APPLICATION}`, `${APPLICATION}/dist/types`, { recursive: true });
  rmSync('dist/types/packages', { recursive: true });
  for (const folder of ['.', APPLICATION]) {
    cpSync(path.join(folder, 'dist/types'), path.join(folder, 'dist/cjs'), {
      recursive: true,
      filter: (file) => !file.endsWith('.map'),
    });
  }
}

/**
 * XState 5.33 gave `StateMachine` a fifteenth type parameter, whose default is what TypeScript writes out here. Before
 * that it had fourteen: with these alone the types are right for all versions.
 */
/** @param {string} file */
function nameFourteen(file) {
  if (!file.endsWith('.d.ts')) return;
  const text = readFileSync(file, 'utf8');
  const named = text.replace(
    /(import\("xstate"\)\.MetaObject, \{[^;]*?id: "agent\w+";[^]*?\}), import\("xstate"\)\.MetaObject>/g,
    '$1>',
  );
  if (named !== text) writeFileSync(file, named);
}

async function buildPage() {
  await build({
    absWorkingDir: path.resolve(APPLICATION),
    entryPoints: ['src/page/main.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    outdir: 'dist/esm/page',
    logLevel: 'warning',
  });
  for (const file of ['index.html', 'style.css']) {
    cpSync(`${APPLICATION}/src/page/${file}`, `${APPLICATION}/dist/esm/page/${file}`);
  }
}

/** The layout of a chart takes a second and a large library: it is computed here, once. */
async function drawCharts() {
  const { drawCharts: draw } =
    /** @type {typeof import('../packages/agent-lifecycle/src/drawing/draw-charts.js')} */ (
      await importSource(`${APPLICATION}/src/drawing/draw-charts.ts`)
    );
  mkdirSync(`${APPLICATION}/dist/esm/charts`, { recursive: true });
  for (const [name, layout] of Object.entries(await draw())) {
    writeFileSync(`${APPLICATION}/dist/esm/charts/${name}.json`, JSON.stringify(layout));
  }
}

/** @param {string} agent */
async function compileAgent(agent) {
  const source = `examples/agents/${agent}`;
  const abort = 'abort=examples/agents/plugin/abort';
  const out = ['--optimize', '--use', abort, '--outFile', `${source}.wasm`];
  await run('assemblyscript/bin/asc.js', `${source}.ts`, ...out);
}

/** @param {string} part @param {readonly string[]} sources */
function isStale(part, sources) {
  const built = statSync(stampOf(part), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (part === 'agents' && EXAMPLE_AGENTS.some((agent) => !existsSync(`examples/agents/${agent}.wasm`))) {
    return true;
  }
  return [...SETUP, ...sources]
    .flatMap(filesIn)
    .some((file) => !file.endsWith('.wasm') && statSync(file).mtimeMs > built);
}

/** @type {(place: string) => string[]} */
function filesIn(place) {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place).flatMap((name) => filesIn(path.join(place, name)));
}

/** @param {string} script @param {string[]} args */
async function run(script, ...args) {
  try {
    await promisify(execFile)(process.execPath, [`node_modules/${script}`, ...args]);
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    process.stderr.write(stdout + stderr);
    process.exit(1);
  }
}
