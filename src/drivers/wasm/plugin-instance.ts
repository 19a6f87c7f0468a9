import { Worker } from 'node:worker_threads';
import type { DriverDeployment } from '../../host/agent-driver.js';
import { MissingPackageError } from '../../values/missing-package-error.js';
import { describeThrown } from '../../util/describe-thrown.js';
import type { CompiledModule } from './compile-module.js';
import { WasmDriverError } from './wasm-driver-error.js';
import type { ResolvedWasmOptions } from './wasm-options.js';

/** A call to the worker; `plugin-worker.js` has the other end. */
export interface Call {
  readonly fn: string;
  readonly input: Uint8Array;
}

/** What the worker says. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly output: Uint8Array<ArrayBuffer> }
  | { readonly type: 'error'; readonly message: string }
  /** Extism is not installed. */
  | { readonly type: 'missing' }
  | { readonly type: 'printed'; readonly stream: 'stdout' | 'stderr'; readonly text: string };

/** Receives what the instance prints, and its end when it ends by itself between two calls. */
export interface PluginOwner {
  readonly onPrinted: DriverDeployment['output'];
  readonly onExit: (reason: string) => void;
}

type CallResult = Exclude<Report, { type: 'printed' }> | { readonly type: 'exit'; readonly reason: string };

/** Megabytes of JavaScript heap that a worker may have, which is none of the plugin's memory. */
const WORKER_HEAP = 64;
const WORKER = new URL('./plugin-worker.js', import.meta.url);

/** One instance of a plugin, in a worker of its own, which can be cut at any moment. It answers one call at a time. */
export class PluginInstance {
  readonly #worker: Worker;
  readonly #owner: PluginOwner;
  #waiting: ((result: CallResult) => void) | null = null;
  #exited = false;

  private constructor(
    { module, usesWasi }: CompiledModule,
    { maxMemory, ...options }: ResolvedWasmOptions,
    owner: PluginOwner,
  ) {
    const { maxVarBytes, config, allowedPaths, allowedHosts, logLevel } = options;
    this.#owner = owner;
    this.#worker = new Worker(WORKER, {
      workerData: {
        module,
        useWasi: usesWasi,
        maxExchanged: maxMemory,
        maxVarBytes,
        config,
        allowedPaths,
        allowedHosts,
        logLevel,
      },
      env: {},
      execArgv: [],
      // What it prints has no reader: the warning that node:wasi, which Extism imports, is experimental.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP, maxYoungGenerationSizeMb: WORKER_HEAP / 4 },
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (report: Report) => {
      if (report.type === 'printed') owner.onPrinted(report.stream, report.text);
      else this.#settle(report);
    });
    this.#worker.on('error', (error) => {
      this.#exit(describeThrown(error));
    });
    this.#worker.on('exit', (code) => {
      this.#exit(`exit code ${code}`);
    });
  }

  /**
   * Instantiates a plugin; its start function, if it has one, runs here.
   *
   * @throws {MissingPackageError} when Extism is not installed, {WasmDriverError} `InstantiationFailed`, and the reason of `signal` when that is aborted
   */
  static async open(
    compiled: CompiledModule,
    options: ResolvedWasmOptions,
    signal: AbortSignal,
    owner: PluginOwner,
  ): Promise<PluginInstance> {
    signal.throwIfAborted();
    const instance = new PluginInstance(compiled, options, owner);
    const result = await instance.#result(signal);
    if (result.type === 'ready') return instance;
    instance.close();
    if (result.type === 'missing') {
      throw new MissingPackageError({ package: '@extism/extism', neededBy: 'The WebAssembly driver' });
    }
    throw new WasmDriverError('InstantiationFailed', reasonIn(result));
  }

  /** Whether it can answer no more calls. */
  get isClosed(): boolean {
    return this.#exited;
  }

  /**
   * Calls an exported function. When `signal` is aborted the instance is cut, whatever it is doing.
   *
   * @throws {WasmDriverError} `PluginFailed`, `WorkerExited`, and the reason of `signal` when that is aborted
   */
  async call(fn: string, input: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    const result = this.#result(signal);
    // A clone takes the whole memory that a view lies in, and Extism would take that for the input.
    const copy = new Uint8Array(input);
    this.#worker.postMessage({ fn, input: copy } satisfies Call, [copy.buffer]);
    const settled = await result;
    switch (settled.type) {
      case 'output':
        return settled.output;
      case 'exit':
        throw new WasmDriverError('WorkerExited', settled.reason);
      default:
        throw new WasmDriverError('PluginFailed', reasonIn(settled));
    }
  }

  /** Ends the instance at once; without effect on one that has ended. */
  close(): void {
    this.#exited = true;
    this.#settle({ type: 'exit', reason: 'it was closed' });
    void this.#worker.terminate();
  }

  /** What the worker says next. The process stays alive for that, but not for an instance that idles. */
  async #result(signal: AbortSignal): Promise<CallResult> {
    this.#worker.ref();
    const onAbort = () => {
      this.close();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const result = await new Promise<CallResult>((resolve) => {
        this.#waiting = resolve;
        if (this.#exited) this.#settle({ type: 'exit', reason: 'it had ended before' });
      });
      signal.throwIfAborted();
      return result;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#worker.unref();
    }
  }

  #settle(result: CallResult): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(result);
  }

  #exit(reason: string): void {
    if (this.#exited) return;
    this.#exited = true;
    if (this.#waiting === null) this.#owner.onExit(reason);
    else this.#settle({ type: 'exit', reason });
  }
}

function reasonIn(result: CallResult): string {
  switch (result.type) {
    case 'error':
      return result.message;
    case 'exit':
      return result.reason;
    default:
      return `the worker reported ${result.type}`;
  }
}
