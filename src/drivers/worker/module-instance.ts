import { MessageChannel, Worker } from 'node:worker_threads';
import type { DriverDeployment } from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import { describeThrown } from '../../util/describe-thrown.js';
import { ModuleChannel, type CallMessage } from './module-channel.js';
import { OutputLines } from '../child/output-lines.js';
import { WorkerDriverError } from './worker-driver-error.js';
import type { ResolvedWorkerOptions } from './worker-options.js';

/** Receives what the instance prints, and its end when it ends by itself. */
type Owner = Pick<DriverDeployment, 'fail' | 'finish' | 'output'>;

/** How an instance is: it can be called while it is open. */
type Condition = 'open' | 'finished' | 'broken' | 'terminated';

const WORKER = new URL('./module-worker.js', import.meta.url);
/** Milliseconds that a worker has to answer a ping. */
const PONG_TIMEOUT = 1_000;

/** One instance of a module, in a worker of its own. It takes calls side by side, and can be cut at any moment. */
export class ModuleInstance {
  readonly #worker: Worker;
  readonly #channel: ModuleChannel;
  readonly #owner: Owner;
  readonly #ended: Promise<unknown>;
  #condition: Condition = 'open';
  /** Done when its owner was told that it has ended by itself, with success; null where it has not. */
  #finishing: Promise<void> | null = null;
  /** What nobody caught in the worker, after which it exits. */
  #uncaught: { readonly thrown: unknown } | null = null;
  #ping: NodeJS.Timeout | null = null;

  /** @throws {WorkerDriverError} `InstantiationFailed` */
  constructor(options: ResolvedWorkerOptions, owner: Owner) {
    this.#owner = owner;
    this.#worker = startWorker(options);
    const { port1, port2 } = new MessageChannel();
    // The module never sees it: the worker has taken it before that is imported.
    this.#worker.postMessage(port2, [port2]);
    const probe = () => {
      this.#probe();
    };
    // Without a channel a worker that does not end is as good as blocked.
    this.#channel = new ModuleChannel(port1, { onClose: probe, onOutOfTime: probe });
    this.#worker.on('error', (thrown: unknown) => {
      this.#uncaught = { thrown };
    });
    const exited = new Promise<void>((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#exit(code);
        resolve();
      });
    });
    this.#ended = Promise.all([exited, this.#passOn('stdout'), this.#passOn('stderr')]);
  }

  get isOpen(): boolean {
    return this.#condition === 'open';
  }

  /** Whether it has ended by itself, with success. */
  get hasFinished(): boolean {
    return this.#condition === 'finished';
  }

  /**
   * Calls the module, or has it imported. When `signal` is aborted the module is told, and may still answer. After a
   * request that ran out of time, the worker must show that it still hears.
   *
   * @throws {WorkerDriverError} `PayloadInvalid`, `TooMuchWaiting`; the answer: `ModuleFailed`, `AnswerUnreadable`, and
   *   why the instance has ended before it answered
   */
  async call(
    fn: CallMessage['fn'],
    argument: unknown,
    signal: AbortSignal,
    request: RequestCall | null = null,
  ): Promise<unknown> {
    signal.throwIfAborted();
    // It is the end of the agent by which this one ends.
    if (this.#finishing !== null) await this.#finishing;
    if (!this.isOpen) throw new WorkerDriverError('WorkerExited', 'it had ended before');
    return this.#channel.call(fn, argument, signal, request);
  }

  /** Ends the worker at once, whatever it is doing; it has gone when this resolves. */
  async terminate(): Promise<void> {
    if (this.isOpen) {
      this.#end('terminated', new WorkerDriverError('WorkerExited', 'it was terminated'));
    }
    void this.#worker.terminate();
    await this.#ended;
  }

  /** Pings the worker. A worker that does not answer within a second is blocked, and is terminated. */
  #probe(): void {
    if (this.#ping !== null || !this.isOpen) return;
    this.#ping = setTimeout(() => {
      // Where this thread was busy, too, the answer may be there, not yet heard.
      setImmediate(() => {
        if (this.#ping === null) return;
        this.#break(new WorkerDriverError('WorkerBlocked', `it did not answer within ${PONG_TIMEOUT} ms`));
      });
    }, PONG_TIMEOUT);
    this.#channel.ping(() => {
      this.#stopWaitingForPong();
    });
  }

  /** Passes on what the module prints; done when the stream has come to its end, as that of a worker that has gone. */
  async #passOn(stream: 'stdout' | 'stderr'): Promise<void> {
    const lines = new OutputLines((line) => {
      this.#owner.output(stream, line);
    });
    const text = this.#worker[stream].setEncoding('utf8').on('data', (chunk: string) => {
      lines.push(chunk);
    });
    await new Promise((resolve) => text.on('close', resolve));
    lines.end();
  }

  /** Handles the exit of the worker; without effect when it was terminated. */
  #exit(code: number): void {
    if (!this.isOpen) return;
    this.#channel.drain();
    const cause = this.#uncaught?.thrown;
    const detail = this.#uncaught === null ? `exit code ${code}` : describeThrown(cause, `exit code ${code}`);
    const reason = new WorkerDriverError('WorkerExited', detail, { cause });
    if (this.#uncaught !== null || code !== 0) {
      this.#break(reason);
      return;
    }
    if (this.#channel.isOperating) {
      this.#end('finished', reason);
      return;
    }
    this.#condition = 'finished';
    this.#stopWaitingForPong();
    // What it said last is received first: an end by itself aborts what has no answer.
    this.#finishing = new Promise((resolve) => {
      setImmediate(() => {
        this.#owner.finish();
        this.#channel.end(reason);
        resolve();
      });
    });
  }

  /**
   * Gives the instance up; it has ended before its owner, who may dispose of it at once, is told. An operation that is
   * under way fails by itself, with the reason: the owner would only hear that it was cancelled.
   */
  #break(error: WorkerDriverError): void {
    if (!this.isOpen) return;
    const { isOperating } = this.#channel;
    this.#end('broken', error);
    if (!isOperating) this.#owner.fail(error);
    void this.#worker.terminate();
  }

  #end(condition: Condition, error: WorkerDriverError): void {
    this.#condition = condition;
    this.#stopWaitingForPong();
    this.#channel.end(error);
  }

  #stopWaitingForPong(): void {
    if (this.#ping !== null) clearTimeout(this.#ping);
    this.#ping = null;
  }
}

function startWorker({ data, resourceLimits, env }: ResolvedWorkerOptions): Worker {
  try {
    return new Worker(WORKER, {
      workerData: data,
      resourceLimits,
      execArgv: [],
      // What it prints is no part of what the host prints.
      stdout: true,
      stderr: true,
      ...(env && { env }),
    });
  } catch (error) {
    throw new WorkerDriverError('InstantiationFailed', describeThrown(error), { cause: error });
  }
}
