import pLimit from 'p-limit';
import * as z from 'zod';
import type {
  AgentDriver,
  AgentDriverFactory,
  DriverDeployment,
  OperationCall,
} from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import { describeThrown } from '../../util/describe-thrown.js';
import { jsonText } from '../json-text.js';
import { readRegularFile, RegularFileError } from '../../util/regular-file.js';
import { compileModule, type CompiledModule } from './compile-module.js';
import { limitModule } from './limit-module.js';
import { PluginInstance } from './plugin-instance.js';
import { RequestQueue } from './request-queue.js';
import { WasmDriverError } from './wasm-driver-error.js';
import { pagesIn, wasmOptionsSchema, type ResolvedWasmOptions } from './wasm-options.js';

/** Exported functions that are called, where a plugin has them, when the agent starts and before it stops. */
const START_HOOK = 'start';
const STOP_HOOK = 'stop';
const NO_INPUT = new Uint8Array();
/** Milliseconds that a fresh instance has to come up in the place of one that was cut. */
const REPLACE_WITHIN = 30_000;

/**
 * Runs WebAssembly plugins, made with any of Extism's development kits, each in a worker of its own that is cut when
 * its request is aborted: neither the host nor another agent notices a plugin that loops for ever. A plugin answers one
 * request at a time, each with one value: it neither streams nor hands over.
 *
 * `maxConcurrentOpens` is how many plugins are instantiated at once, each in a worker that it starts.
 */
export function wasmDriver({
  maxConcurrentOpens = 4,
}: { maxConcurrentOpens?: number } = {}): AgentDriverFactory {
  const opening = pLimit(maxConcurrentOpens);
  return ({ options, ...owner }) => new WasmDriver(parseOptions(options), opening, owner);
}

type Limit = ReturnType<typeof pLimit>;
type Owner = Pick<DriverDeployment, 'fail' | 'output'>;

class WasmDriver implements AgentDriver {
  /** A plugin is not reentrant. */
  readonly concurrency = 1;
  readonly #options: ResolvedWasmOptions;
  readonly #opening: Limit;
  readonly #owner: Owner;
  /** Has requests follow one another where the agent's spec allows more at a time. */
  readonly #queue: RequestQueue;
  /** Aborted when the agent is stopped or gone: no fresh instance is opened after that. */
  readonly #ending = new AbortController();
  #module: CompiledModule | null = null;
  #instance: PluginInstance | null = null;
  /** The opening of a fresh instance, for which the next request waits; it never rejects. */
  #replacement: Promise<void> = Promise.resolve();

  constructor(options: ResolvedWasmOptions, opening: Limit, owner: Owner) {
    this.#options = options;
    this.#opening = opening;
    this.#owner = owner;
    this.#queue = new RequestQueue(options.maxQueued);
  }

  async load({ signal }: OperationCall): Promise<void> {
    const { maxMemory, maxTableElements, maxFunctionSize, entrypoint } = this.#options;
    const bytes = limitModule(await this.#read(signal), {
      maxPages: pagesIn(maxMemory),
      maxTableElements,
      maxFunctionSize,
    });
    const names = [entrypoint, START_HOOK, STOP_HOOK];
    const module = await this.#opening(() => compileModule(bytes, names, signal));
    if (!module.functions.includes(entrypoint)) {
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

  /** A request that is aborted has its plugin cut, whatever that does: the next finds a fresh one. */
  async handle(payload: unknown, { signal }: Pick<RequestCall, 'signal'>): Promise<Uint8Array> {
    const input = this.#inputIn(payload);
    return this.#queue.run(input.byteLength, signal, async () => {
      await this.#replacement;
      signal.throwIfAborted();
      try {
        return await this.#running().call(this.#options.entrypoint, input, signal);
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
    const { module, maxModuleSize } = this.#options;
    if (typeof module !== 'string') {
      if (module.byteLength <= maxModuleSize) return module;
      throw new WasmDriverError(
        'ModuleTooLarge',
        `it has ${module.byteLength} bytes, ${maxModuleSize} are allowed (maxModuleSize)`,
      );
    }
    try {
      return await readRegularFile(module, { maxBytes: maxModuleSize, signal });
    } catch (error) {
      signal.throwIfAborted();
      const isTooLarge = error instanceof RegularFileError && error.code === 'FileTooLarge';
      throw new WasmDriverError(isTooLarge ? 'ModuleTooLarge' : 'ModuleUnreadable', describeThrown(error), {
        cause: error,
      });
    }
  }

  async #open(signal: AbortSignal): Promise<PluginInstance> {
    const instance = await this.#opening(() =>
      PluginInstance.open(this.#loaded(), this.#options, signal, {
        onPrinted: this.#owner.output,
        onExit: (reason) => {
          if (!this.#ending.signal.aborted) this.#owner.fail(new WasmDriverError('WorkerExited', reason));
        },
      }),
    );
    // The agent may have gone in the moment in which the instance came.
    if (this.#ending.signal.aborted) instance.close();
    return instance;
  }

  /**
   * After an instance was cut in the middle of a request, the next request finds a fresh one. That comes in time, or
   * the agent fails.
   */
  async #replaceInstance(): Promise<void> {
    this.#instance = null;
    const ending = this.#ending.signal;
    const limit = AbortSignal.timeout(REPLACE_WITHIN);
    const signal = AbortSignal.any([ending, limit]);
    try {
      this.#instance = await this.#open(signal);
      await this.#callHook(START_HOOK, signal);
    } catch (error) {
      if (!ending.aborted) this.#owner.fail(limit.aborted ? replacedTooLate() : error);
    }
  }

  async #callHook(name: string, signal: AbortSignal): Promise<void> {
    if (this.#loaded().functions.includes(name)) await this.#running().call(name, NO_INPUT, signal);
  }

  #inputIn(payload: unknown): Uint8Array {
    const input = bytesOf(payload);
    const { maxInput } = this.#options;
    if (input.byteLength > maxInput) {
      throw new WasmDriverError('InputTooLarge', `${input.byteLength} bytes, ${maxInput} are allowed`);
    }
    return input;
  }

  #loaded(): CompiledModule {
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

function replacedTooLate(): WasmDriverError {
  return new WasmDriverError('TimeLimitExceeded', `${REPLACE_WITHIN} ms`);
}

function parseOptions(options: unknown): ResolvedWasmOptions {
  for (const name of ['config', 'allowedPaths']) assertNoProto(options, name);
  const parsed = wasmOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new WasmDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}

/** A record drops this key in silence. */
function assertNoProto(options: unknown, name: string): void {
  const record: unknown = (options as Record<string, unknown> | null | undefined)?.[name];
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, '__proto__')) return;
  throw new WasmDriverError('InvalidOptions', `the name "__proto__" cannot be used in ${name}`);
}

/** The bytes of an input: a text in UTF-8, bytes as they are, anything else as JSON. */
function bytesOf(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  try {
    return new TextEncoder().encode(typeof payload === 'string' ? payload : jsonText(payload));
  } catch (error) {
    throw new WasmDriverError('InputInvalid', describeThrown(error), { cause: error });
  }
}
