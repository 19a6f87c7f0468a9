import { Worker } from 'node:worker_threads';
import { orAborted } from '../../util/or-aborted.js';
import { describeThrown } from '../../util/describe-thrown.js';
import { WasmDriverError } from './wasm-driver-error.js';

export interface CompiledModule {
  readonly module: WebAssembly.Module;
  /** Those of the functions that were asked for which it exports. */
  readonly functions: readonly string[];
  readonly usesWasi: boolean;
}

/** What the worker says; `compile-worker.js` has the other end. */
export type CompileReport =
  ({ readonly type: 'compiled' } & CompiledModule) | { readonly type: 'invalid'; readonly message: string };

const WORKER = new URL('./compile-worker.js', import.meta.url);
/** Megabytes of JavaScript heap, which is none of the compiler's memory. */
const WORKER_HEAP = 64;

/**
 * Compiles a module in a worker of its own, which is cut when `signal` is aborted.
 *
 * @param bytes are no longer there afterwards
 * @param names of exported functions that the module may have
 * @throws {WasmDriverError} `ModuleInvalid`, and the reason of `signal` when that is aborted
 */
export async function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<CompiledModule> {
  signal.throwIfAborted();
  const worker = new Worker(WORKER, {
    workerData: { bytes, names },
    transferList: [bytes.buffer],
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP, maxYoungGenerationSizeMb: WORKER_HEAP / 4 },
  });
  try {
    const report = await orAborted(reportOf(worker), signal);
    if (report.type === 'invalid') throw new WasmDriverError('ModuleInvalid', report.message);
    return report;
  } finally {
    void worker.terminate();
  }
}

function reportOf(worker: Worker): Promise<CompileReport> {
  return new Promise((resolve) => {
    const invalid = (message: string) => {
      resolve({ type: 'invalid', message });
    };
    worker.on('message', resolve);
    worker.on('error', (error) => {
      invalid(describeThrown(error));
    });
    worker.on('exit', (code) => {
      invalid(`its compiler ended with exit code ${code}`);
    });
  });
}
