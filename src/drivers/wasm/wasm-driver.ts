import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import * as z from 'zod';
import type { AgentDriver, AgentDriverFactory, OperationCall } from '../../host/agent-driver.js';
import { limitModule } from './limit-module.js';
import { PluginInstance } from './plugin-instance.js';
import { WasmDriverError } from './wasm-driver-error.js';
import { pagesIn, wasmOptionsSchema, type ResolvedWasmOptions } from './wasm-options.js';

/** Exported functions that are called, where a plugin has them, when the agent starts and before it stops. */
const START_HOOK = 'start';
const STOP_HOOK = 'stop';
const NO_INPUT = new Uint8Array();

/**
 * Runs WebAssembly plugins, made with any of Extism's development kits, each in a worker of its own that is cut at
 * its time limit: neither the host nor another agent notices a plugin that loops for ever.
 *
 * @param options.maxConcurrentOpens how many plugins are instantiated at once, each in a worker that it starts
 */
export function wasmDriver({
  maxConcurrentOpens = 4,
}: { maxConcurrentOpens?: number } = {}): AgentDriverFactory {
  const opening = pLimit(maxConcurrentOpens);
  return ({ options, fail }) => new WasmDriver(parseOptions(options), opening, fail);
}

type Limit = ReturnType<typeof pLimit>;

class WasmDriver implements AgentDriver {
  readonly #options: ResolvedWasmOptions;
  readonly #opening: Limit;
  readonly #fail: (reason: unknown) => void;
  /** A plugin is not reentrant: its requests follow one another. */
  readonly #queue = pLimit(1);
  /** Aborted when the agent is stopped or gone: no fresh instance is opened after that. */
  readonly #ending = new AbortController();
  #module: WebAssembly.Module | null = null;
  #instance: PluginInstance | null = null;
  /** The opening of a fresh instance, for which the next request waits; it never rejects. */
  #replacement: Promise<void> = Promise.resolve();

  constructor(options: ResolvedWasmOptions, opening: Limit, fail: (reason: unknown) => void) {
    this.#options = options;
    this.#opening = opening;
    this.#fail = fail;
  }

  async load({ signal }: OperationCall): Promise<void> {
    const { maxMemory, maxTableElements, entrypoint } = this.#options;
    const module = await compile(
      limitModule(await this.#read(signal), { maxPages: pagesIn(maxMemory), maxTableElements }),
    );
    if (!hasFunction(module, entrypoint)) {
      throw new WasmDriverError(
        'EntrypointMissing',
        `expected an exported function ${JSON.stringify(entrypoint)}`,
      );
    }
    this.#module = module;
  }

  async instantiate({ signal }: OperationCall): Promise<void> {
    this.#instance = await this.#open(signal);
  }

  async start({ signal }: OperationCall): Promise<void> {
    await this.#callHook(START_HOOK, signal);
  }

  async handle(payload: unknown, { signal }: { signal: AbortSignal }): Promise<Uint8Array> {
    const input = this.#inputIn(payload);
    return this.#queue(async () => {
      await this.#replacement;
      signal.throwIfAborted();
      const limit = AbortSignal.timeout(this.#options.requestTimeout);
      try {
        return await this.#running().call(this.#options.entrypoint, input, AbortSignal.any([signal, limit]));
      } catch (error) {
        if (!limit.aborted) throw error;
        throw this.#timeLimitExceeded();
      } finally {
        if (this.#instance?.isClosed === true) this.#replacement = this.#replaceInstance();
      }
    });
  }

  async stop({ signal, forced }: OperationCall): Promise<void> {
    this.#ending.abort();
    await this.#replacement;
    // One that was just cut has nothing left to be told.
    if (!forced && this.#instance?.isClosed === false) await this.#callHook(STOP_HOOK, signal);
    this.#close();
  }

  unload(): void {
    this.#close();
    this.#module = null;
  }

  dispose(): void {
    this.#ending.abort();
    this.unload();
  }

  async #read(signal: AbortSignal): Promise<Uint8Array> {
    const { module } = this.#options;
    if (typeof module !== 'string') return module;
    try {
      return await readFile(module, { signal });
    } catch (error) {
      throw new WasmDriverError('ModuleUnreadable', (error as Error).message, { cause: error });
    }
  }

  async #open(signal: AbortSignal): Promise<PluginInstance> {
    const instance = await this.#opening(() =>
      PluginInstance.open(this.#loaded(), this.#options, signal, (reason) => {
        if (!this.#ending.signal.aborted) this.#fail(new WasmDriverError('WorkerExited', reason));
      }),
    );
    // The agent may have gone in the moment in which the instance came.
    if (this.#ending.signal.aborted) instance.close();
    return instance;
  }

  /**
   * After an instance was cut in the middle of a request, the next request finds a fresh one. That comes within the
   * time of a request, or the agent fails.
   */
  async #replaceInstance(): Promise<void> {
    this.#instance = null;
    const ending = this.#ending.signal;
    const limit = AbortSignal.timeout(this.#options.requestTimeout);
    const signal = AbortSignal.any([ending, limit]);
    try {
      this.#instance = await this.#open(signal);
      await this.#callHook(START_HOOK, signal);
    } catch (error) {
      if (!ending.aborted) this.#fail(limit.aborted ? this.#timeLimitExceeded() : error);
    }
  }

  async #callHook(name: string, signal: AbortSignal): Promise<void> {
    if (hasFunction(this.#loaded(), name)) await this.#running().call(name, NO_INPUT, signal);
  }

  #timeLimitExceeded(): WasmDriverError {
    return new WasmDriverError('TimeLimitExceeded', `${this.#options.requestTimeout} ms`);
  }

  #inputIn(payload: unknown): Uint8Array {
    const input = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    if (!(input instanceof Uint8Array)) {
      throw new WasmDriverError(
        'InputInvalid',
        `expected a string or a Uint8Array, received ${typeof payload}`,
      );
    }
    const { maxInput } = this.#options;
    if (input.byteLength > maxInput) {
      throw new WasmDriverError('InputTooLarge', `${input.byteLength} bytes, ${maxInput} are allowed`);
    }
    return input;
  }

  #loaded(): WebAssembly.Module {
    if (this.#module === null) throw new WasmDriverError('ModuleInvalid', 'no module is loaded');
    return this.#module;
  }

  #running(): PluginInstance {
    if (this.#instance === null) throw new WasmDriverError('WorkerExited', 'no instance is running');
    return this.#instance;
  }

  #close(): void {
    this.#instance?.close();
    this.#instance = null;
  }
}

function parseOptions(options: unknown): ResolvedWasmOptions {
  const parsed = wasmOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new WasmDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}

async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new WasmDriverError('ModuleInvalid', (error as Error).message, { cause: error });
  }
}

function hasFunction(module: WebAssembly.Module, name: string): boolean {
  return WebAssembly.Module.exports(module).some((entry) => entry.kind === 'function' && entry.name === name);
}
