// Compiles one module apart from the host's heap, where the lists of what it imports and exports may be long.
import { parentPort, workerData } from 'node:worker_threads';
import { describeThrown } from '../../util/describe-thrown.js';

/**
 * @typedef {{ readonly bytes: Uint8Array<ArrayBuffer>, readonly names: readonly string[] }} CompileData
 * @typedef {import('./compile-module.js').CompileReport} CompileReport
 */

// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the other end of this worker passes
const { bytes, names } = /** @type {CompileData} */ (workerData);

parentPort?.postMessage(await compile());

/** @returns {Promise<CompileReport>} */
async function compile() {
  try {
    const module = await WebAssembly.compile(bytes);
    const functions = new Set(
      WebAssembly.Module.exports(module).flatMap(({ kind, name }) => (kind === 'function' ? [name] : [])),
    );
    const usesWasi = WebAssembly.Module.imports(module).some(
      (entry) => entry.module === 'wasi_snapshot_preview1',
    );
    return { type: 'compiled', module, functions: names.filter((name) => functions.has(name)), usesWasi };
  } catch (error) {
    return { type: 'invalid', message: describeThrown(error) };
  }
}
