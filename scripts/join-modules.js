// Joins the modules that the package's root loads into one file a concern: Node takes a third of a millisecond to
// open a module, and there are some sixty. Each module stays where it was as a door to the file that holds it, so
// that every other entry meets the same classes. It is not one file for all, so that a bundler can leave concerns out.
import { build } from 'esbuild';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SOURCE = path.resolve('dist/src');
const ROOT = path.join(SOURCE, 'index.js');

export async function joinModules() {
  const modules = (await modulesOfRoot()).filter((file) => file !== ROOT);
  /** @type {Map<string, string[]>} */
  const exportsOf = new Map();
  for (const file of modules) exportsOf.set(file, await exportsOfModule(file));

  const concerns = [...new Set(modules.map(concernOf))];
  for (const concern of concerns) {
    const own = modules.filter((file) => concernOf(file) === concern);
    refuseDuplicates(own.flatMap((file) => exportsOf.get(file) ?? []));
    await join(own.map((file) => `export * from '${file}';`).join('\n'), concern, fileOf(concern));
  }
  await join(`export * from '${ROOT}';`, null, ROOT);
  for (const file of modules) leaveDoor(file, exportsOf.get(file) ?? []);
}

/** @param {string} file */
async function exportsOfModule(file) {
  const { metafile } = await build({ entryPoints: [file], format: 'esm', write: false, metafile: true });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

async function modulesOfRoot() {
  const { metafile } = await build({ ...OPTIONS, entryPoints: [ROOT], write: false, metafile: true });
  return Object.keys(metafile.inputs).map((file) => path.resolve(file));
}

/** @param {string} contents @param {string | null} concern @param {string} outfile */
async function join(contents, concern, outfile) {
  /** @type {import('esbuild').Plugin} */
  const otherConcerns = {
    name: 'other-concerns',
    setup: (bundling) => {
      bundling.onResolve({ filter: /^\./ }, ({ path: name, resolveDir }) => {
        const other = concernOf(path.join(resolveDir, name));
        return other === concern ? undefined : { path: `./${path.basename(fileOf(other))}`, external: true };
      });
    },
  };
  const stdin = { contents, resolveDir: SOURCE };
  await build({
    ...OPTIONS,
    stdin,
    outfile,
    sourcemap: true,
    plugins: [otherConcerns],
    allowOverwrite: true,
  });
}

/** @type {import('esbuild').BuildOptions} */
const OPTIONS = {
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  packages: 'external',
  logLevel: 'warning',
};

/**
 * A folder is a concern, but for what is never needed alone. The charts are the domain's: each imports from the other.
 * What the root loads of durability, a host needs; the faster machine, hosts and fleets do.
 */
/** @param {string} file */
function concernOf(file) {
  const [folder = ''] = path.relative(SOURCE, file).split(path.sep);
  return { '..': 'domain', accelerate: 'domain', durable: 'host' }[folder] ?? folder;
}

/** @param {string} concern */
function fileOf(concern) {
  return path.join(SOURCE, `${concern}.js`);
}

/** @param {string[]} names */
function refuseDuplicates(names) {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two modules of one concern export ${twice}`);
}

/** @param {string} file @param {string[]} names */
function leaveDoor(file, names) {
  const joined = path
    .relative(path.dirname(file), fileOf(concernOf(file)))
    .split(path.sep)
    .join('/');
  writeFileSync(
    file,
    `export { ${names.join(', ')} } from '${joined.startsWith('.') ? joined : `./${joined}`}';\n`,
  );
  rmSync(`${file}.map`, { force: true });
}
