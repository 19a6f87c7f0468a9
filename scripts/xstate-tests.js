// Runs XState's own tests of its core and of its graphs, plain and with every machine accelerated, and exits 1 where
// they differ: npm run test:xstate -- <checkout of statelyai/xstate>
//
// The checkout must have what its tests import: its own vitest, happy-dom, rxjs and so on (`pnpm install` there). Take
// the tag of the XState version that package.json pins, or the nearest before it. Nothing is written into it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [checkout] = process.argv.slice(2);
if (checkout === undefined || !existsSync(path.join(checkout, 'packages/core/package.json'))) {
  process.stderr.write('Usage: npm run test:xstate -- <checkout of github.com/statelyai/xstate>\n');
  process.exit(2);
}
const packages = path.resolve(checkout, 'packages');
const core = path.join(packages, 'core');
const createMachine = path.join(core, 'src/createMachine.ts');
const accelerate = fileURLToPath(new URL('../src/accelerate/accelerate.ts', import.meta.url));
/** The tests of XState are for Node 22. */
const withResolvers = fileURLToPath(new URL('../test/restate/with-resolvers.mjs', import.meta.url));
/** Until XState 5.32 the graph was a package of its own. */
const suites = ['core', 'xstate-graph'].filter((name) =>
  existsSync(path.join(packages, name, 'package.json')),
);

const cacheDir = mkdtempSync(path.join(tmpdir(), 'xstate-tests-'));
let differences = 0;
for (const suite of suites) {
  const plain = await resultsOf(suite, []);
  const accelerated = await resultsOf(suite, [acceleratingMachines()]);
  process.stdout.write(`${suite}: ${passing(plain)} tests pass plain, ${passing(accelerated)} accelerated\n`);
  for (const [name, state] of plain) {
    if (state !== 'passed' || accelerated.get(name) === 'passed') continue;
    differences++;
    process.stdout.write(`  ${accelerated.get(name) ?? 'not run'} when accelerated: ${name}\n`);
  }
  if (passing(plain) === 0)
    throw new Error(`No test of ${suite} passes plain: are its dependencies installed?`);
}
rmSync(cacheDir, { recursive: true, force: true });
process.exit(differences === 0 ? 0 : 1);

/**
 * By file and full name. The names of tests that have one name are numbered.
 *
 * @param {string} suite
 * @param {import('vitest/node').Vite.Plugin[]} plugins
 */
async function resultsOf(suite, plugins) {
  const root = path.join(packages, suite);
  const vitest = createRequire(path.join(root, 'package.json')).resolve('vitest/package.json');
  const node = path.join(path.dirname(vitest), 'dist/node.js');
  // Its types need those of Vite, which this package does not have.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
  const { startVitest } = /** @type {typeof import('vitest/node')} */ (
    await import(pathToFileURL(node).href)
  );
  const run = await startVitest(
    'test',
    [],
    {
      root,
      watch: false,
      reporters: [{}],
      silent: true,
      setupFiles: [withResolvers],
      typecheck: { enabled: false },
      coverage: { enabled: false },
    },
    { plugins: [...plugins, sourcesOfXState()], cacheDir },
  );
  /** @type {Map<string, string>} */
  const results = new Map();
  for (const module of run.state.getTestModules()) {
    for (const test of module.children.allTests()) {
      let name = `${path.relative(root, module.moduleId)} > ${test.fullName}`;
      while (results.has(name)) name += ' (again)';
      results.set(name, test.result().state);
    }
  }
  await run.close();
  process.exitCode = undefined;
  return results;
}

/**
 * Who imports `xstate` gets what the tests import from `../src`.
 *
 * @returns {import('vitest/node').Vite.Plugin}
 */
function sourcesOfXState() {
  const entries = new Map([
    ['xstate', 'index.ts'],
    ['xstate/actions', 'actions.ts'],
    ['xstate/actors', 'actors/index.ts'],
    ['xstate/dev', 'dev/index.ts'],
    ['xstate/graph', 'graph/index.ts'],
    ['xstate/guards', 'guards.ts'],
  ]);
  return {
    name: 'sources-of-xstate',
    enforce: 'pre',
    /** @param {string} id */
    resolveId: (id) => {
      const entry = entries.get(id);
      return entry === undefined ? undefined : path.join(core, 'src', entry);
    },
  };
}

/**
 * Who imports `createMachine` gets one of which all machines are accelerated.
 *
 * @returns {import('vitest/node').Vite.Plugin}
 */
function acceleratingMachines() {
  const WRAPPER = '\0accelerated-create-machine.ts';
  return {
    name: 'accelerating-machines',
    enforce: 'pre',
    /** @param {string} id @param {string | undefined} importer */
    resolveId: (id, importer) => {
      if (importer === undefined || importer === WRAPPER || !/(^|\/)createMachine(\.ts)?$/.test(id))
        return undefined;
      return path.resolve(path.dirname(importer), id).replace(/\.ts$/, '') ===
        createMachine.replace(/\.ts$/, '')
        ? WRAPPER
        : undefined;
    },
    /** @param {string} id */
    load: (id) =>
      id === WRAPPER
        ? `import { accelerate } from ${JSON.stringify(accelerate)};
           import { createMachine as plain } from ${JSON.stringify(createMachine)};
           export const createMachine = (...args) => accelerate(plain(...args));`
        : undefined,
  };
}

/** @param {Map<string, string>} results */
function passing(results) {
  return [...results.values()].filter((state) => state === 'passed').length;
}
