import { Worker } from 'node:worker_threads';
import type { DriverDeployment } from '../../host/agent-driver.js';
import { WorkerDriverError } from './worker-driver-error.js';
import type { ResolvedWorkerOptions } from './worker-options.js';

export interface Call {
  readonly type: 'call';
  readonly id: number;
  readonly fn: 'import' | 'start' | 'handle' | 'stop';
  readonly argument: unknown;
}

/** What the worker is told; `module-worker.js` has the other end. */
export type Message = Call | { readonly type: 'cancel'; readonly id: number } | { readonly type: 'ping' };

/** What the worker says. */
export type Report =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'thrown'; readonly id: number; readonly error: Thrown }
  | { readonly type: 'pong' };

/** An error as it crosses from the worker. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly stack: string | null;
}

/** Whom the instance tells that it has ended by itself. */
type Owner = Pick<DriverDeployment, 'fail' | 'finish'>;

/** How an instance is: it can be called while it is open. */
type Condition = 'open' | 'finished' | 'broken' | 'terminated';

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const WORKER = new URL('./module-worker.js', import.meta.url);
/** Milliseconds that a worker has to answer a ping. */
const PONG_TIMEOUT = 1_000;

/** One instance of a module, in a worker of its own. It takes calls side by side, and can be cut at any moment. */
export class ModuleInstance {
  readonly #worker: Worker;
  readonly #owner: Owner;
  readonly #calls = new Map<number, PendingCall>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #condition: Condition = 'open';
  /** What nobody caught in the worker, after which it exits. */
  #uncaught: unknown = null;
  #ping: NodeJS.Timeout | null = null;

  constructor({ data, resourceLimits, env }: ResolvedWorkerOptions, owner: Owner) {
    this.#owner = owner;
    this.#worker = new Worker(WORKER, {
      workerData: data,
      resourceLimits,
      execArgv: [],
      ...(env && { env }),
    });
    this.#worker.on('message', (report: Report | null) => {
      this.#hear(report);
    });
    this.#worker.on('messageerror', (error) => {
      this.#break(new WorkerDriverError('AnswerUnreadable', error.message, { cause: error }));
    });
    this.#worker.on('error', (error) => {
      this.#uncaught = error;
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#exit(code);
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#condition === 'open';
  }

  /** Whether it has ended by itself, with success. */
  get hasFinished(): boolean {
    return this.#condition === 'finished';
  }

  /**
   * Calls the module, or has it imported. When `signal` is aborted the module is told, and may still answer.
   *
   * @throws {WorkerDriverError} `PayloadInvalid`, `ModuleFailed`, and why the instance has ended before it answered
   */
  async call(fn: Call['fn'], argument: unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (!this.isOpen) throw new WorkerDriverError('WorkerExited', 'it had ended before');
    const id = ++this.#lastId;
    const onAbort = () => {
      this.#post({ type: 'cancel', id });
    };
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(id, { resolve, reject });
        this.#post({ type: 'call', id, fn, argument });
        signal.addEventListener('abort', onAbort, { once: true });
      });
    } finally {
      this.#calls.delete(id);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Has the worker show that it still hears. One that does not within a second is blocked, and cut. */
  probe(): void {
    if (this.#ping !== null || !this.isOpen) return;
    this.#post({ type: 'ping' });
    this.#ping = setTimeout(() => {
      // Where this thread was busy, too, the answer may be there, not yet heard.
      setImmediate(() => {
        if (this.#ping === null) return;
        this.#break(new WorkerDriverError('WorkerBlocked', `it did not answer within ${PONG_TIMEOUT} ms`));
      });
    }, PONG_TIMEOUT);
  }

  /** Ends the worker at once, whatever it is doing; it has gone when this resolves. */
  async terminate(): Promise<void> {
    if (this.isOpen) {
      this.#end('terminated', new WorkerDriverError('WorkerExited', 'it was terminated'));
    }
    void this.#worker.terminate();
    await this.#ended;
  }

  #post(message: Message): void {
    try {
      this.#worker.postMessage(message);
    } catch (error) {
      throw new WorkerDriverError('PayloadInvalid', (error as Error).message, { cause: error });
    }
  }

  #hear(report: Report | null): void {
    // A module may post what it likes to its parent, which is nothing to us.
    switch (report?.type) {
      case 'answer':
        this.#calls.get(report.id)?.resolve(report.value);
        break;
      case 'thrown':
        this.#calls.get(report.id)?.reject(moduleFailed(report.error));
        break;
      case 'pong':
        this.#stopWaitingForPong();
        break;
    }
  }

  /** Heard of a worker that was terminated, too, which is no news then. */
  #exit(code: number): void {
    if (!this.isOpen) return;
    const cause = this.#uncaught;
    if (cause === null && code === 0) {
      this.#end('finished', new WorkerDriverError('WorkerExited', 'exit code 0'));
      this.#owner.finish();
      return;
    }
    const detail = cause === null ? `exit code ${code}` : messageOf(cause);
    this.#break(new WorkerDriverError('WorkerExited', detail, { cause }));
  }

  /** Gives the instance up; it has ended before its owner, who may dispose of it at once, is told. */
  #break(error: WorkerDriverError): void {
    if (!this.isOpen) return;
    this.#end('broken', error);
    this.#owner.fail(error);
    void this.#worker.terminate();
  }

  #end(condition: Condition, error: WorkerDriverError): void {
    this.#condition = condition;
    this.#stopWaitingForPong();
    for (const { reject } of this.#calls.values()) reject(error);
  }

  #stopWaitingForPong(): void {
    if (this.#ping !== null) clearTimeout(this.#ping);
    this.#ping = null;
  }
}

function moduleFailed({ name, message, code, stack }: Thrown): WorkerDriverError {
  const cause = Object.assign(new Error(message), {
    name,
    ...(code !== null && { code }),
    ...(stack !== null && { stack }),
  });
  return new WorkerDriverError('ModuleFailed', message, { cause });
}

/** Anything may be thrown in a worker, and its errors need not be those of this realm. */
function messageOf(thrown: unknown): string {
  const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
  return String(isError ? thrown.message : thrown);
}
