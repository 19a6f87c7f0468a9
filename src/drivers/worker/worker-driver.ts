import { access, constants } from 'node:fs/promises';
import * as z from 'zod';
import type {
  AgentDriver,
  AgentDriverFactory,
  DriverDeployment,
  OperationCall,
} from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import { describeThrown } from '../../util/describe-thrown.js';
import { assertRegularFile } from '../../util/regular-file.js';
import type { HandleArgument } from './module-channel.js';
import { ModuleInstance } from './module-instance.js';
import { ownBytes } from './structured-clone.js';
import { WorkerDriverError } from './worker-driver-error.js';
import { workerOptionsSchema, type ResolvedWorkerOptions } from './worker-options.js';

/**
 * Runs JavaScript modules, each in a worker thread of its own: neither the host nor another agent notices one that
 * loops for ever or runs out of memory.
 *
 * A module exports `handle(payload, call)`, which answers a request with a value or a stream, and, where it likes,
 * `start({ data, signal })` and `stop({ signal })`. Requests run side by side; payloads, answers and chunks are
 * structured clones, and a stream is at most 64 chunks or 64 kB ahead of its reader. A module
 * that ends its worker with exit code 0 has ended the agent with success; any other end of the worker is its failure.
 * A stop that is forced does not call `stop`.
 */
export function workerDriver(): AgentDriverFactory {
  return (deployment) => new WorkerDriver(parseOptions(deployment.options), deployment);
}

class WorkerDriver implements AgentDriver {
  readonly #options: ResolvedWorkerOptions;
  readonly #deployment: DriverDeployment;
  #instance: ModuleInstance | null = null;

  constructor(options: ResolvedWorkerOptions, deployment: DriverDeployment) {
    this.#options = options;
    this.#deployment = deployment;
  }

  async load({ signal }: OperationCall): Promise<void> {
    try {
      await assertRegularFile(this.#options.module, { signal });
      await access(this.#options.module, constants.R_OK);
    } catch (error) {
      signal.throwIfAborted();
      throw new WorkerDriverError('ModuleUnreadable', describeThrown(error), { cause: error });
    }
  }

  async instantiate({ signal }: OperationCall): Promise<void> {
    signal.throwIfAborted();
    const instance = new ModuleInstance(this.#options, this.#deployment);
    this.#instance = instance;
    if (!(await importModule(instance, this.#options.module, signal))) {
      throw new WorkerDriverError('EntrypointMissing', 'expected an exported function "handle"');
    }
  }

  async start({ signal }: OperationCall): Promise<void> {
    await callOrCut(this.#running(), 'start', undefined, signal);
  }

  /**
   * When the request is aborted, the module receives an abort, and a stream is ended. Where its time is over, a late
   * answer is ignored.
   */
  async handle(payload: unknown, call: RequestCall): Promise<unknown> {
    const { generation, resume } = call;
    const argument: HandleArgument = { payload: ownBytes(payload), generation, resume };
    return this.#running().call('handle', argument, call.signal, call);
  }

  async stop({ signal, forced }: OperationCall): Promise<void> {
    const instance = this.#instance;
    if (instance?.isOpen === true && !forced) {
      try {
        await callOrCut(instance, 'stop', undefined, signal);
      } catch (error) {
        // To end with success is a way to stop.
        if (!instance.hasFinished) throw error;
      }
    }
    await this.#terminate();
  }

  unload(): Promise<void> {
    return this.#terminate();
  }

  dispose(): Promise<void> {
    return this.#terminate();
  }

  #running(): ModuleInstance {
    if (this.#instance === null) throw new WorkerDriverError('WorkerExited', 'no instance is running');
    return this.#instance;
  }

  async #terminate(): Promise<void> {
    await this.#instance?.terminate();
    this.#instance = null;
  }
}

function parseOptions(options: unknown): ResolvedWorkerOptions {
  const parsed = workerOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new WorkerDriverError('InvalidOptions', z.prettifyError(parsed.error), { cause: parsed.error });
}

/** Whether the module can answer requests. */
async function importModule(instance: ModuleInstance, module: URL, signal: AbortSignal): Promise<unknown> {
  try {
    return await callOrCut(instance, 'import', module.href, signal);
  } catch (error) {
    if (!(error instanceof WorkerDriverError && error.code === 'ModuleFailed')) throw error;
    const thrown = error.cause as Error;
    throw new WorkerDriverError('InstantiationFailed', describeThrown(thrown), { cause: thrown });
  }
}

/** Calls an instance that is of no more use when the call is given up. */
async function callOrCut(
  instance: ModuleInstance,
  fn: 'import' | 'start' | 'stop',
  argument: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const cut = () => {
    void instance.terminate();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    return await instance.call(fn, argument, signal);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
