import type { AgentDriver, DriverDeployment, OperationCall } from '../../host/agent-driver.js';
import type { RequestCall } from '../../host/requests/request-call.js';
import { ChildGroup } from './child-group.js';
import { childEndedError, ChildGroupError, type ChildEnd } from './child-group-error.js';
import type { ResolvedChildOptions } from './child-options.js';
import type { ChildProtocol, LoadProtocol, OpenProtocol } from './child-protocol.js';
import { findCommand } from './find-command.js';
import { withCleanUp } from '../../util/clean-up.js';

interface Running {
  readonly child: ChildGroup;
  readonly protocol: ChildProtocol;
}

/** Runs an agent as a child process, over any protocol. */
export class ChildDriver implements AgentDriver {
  readonly #options: ResolvedChildOptions;
  readonly #deployment: DriverDeployment;
  readonly #loadProtocol: LoadProtocol;
  #loaded: { readonly program: string; readonly openProtocol: OpenProtocol } | null = null;
  #running: Running | null = null;
  /** Unless idle, the end of the child fails the operation in flight, and is not reported to the host again. */
  #phase: 'idle' | 'starting' | 'ending' = 'idle';

  /** @throws {ChildGroupError} `UnsupportedPlatform` */
  constructor(options: ResolvedChildOptions, deployment: DriverDeployment, loadProtocol: LoadProtocol) {
    if (process.platform === 'win32') throw new ChildGroupError('UnsupportedPlatform', process.platform);
    this.#options = options;
    this.#deployment = deployment;
    this.#loadProtocol = loadProtocol;
  }

  async load(): Promise<void> {
    const openProtocol = await this.#loadProtocol();
    this.#loaded = { program: await findCommand(this.#options), openProtocol };
  }

  async instantiate({ signal }: OperationCall): Promise<void> {
    if (this.#loaded === null) throw new ChildGroupError('ChildEnded', 'it is not loaded');
    const { program, openProtocol } = this.#loaded;
    const child = await ChildGroup.spawn(program, this.#options, (text) => {
      this.#deployment.output('stderr', text);
    });
    // The agent may have gone in the moment in which the child came.
    if (signal.aborted) return child.kill();
    const protocol = openProtocol(child, (reason) => {
      this.#end(protocol, reason);
      void child.kill();
    });
    this.#phase = 'idle';
    this.#running = { child, protocol };
    void child.ended.then((end) => {
      this.#end(protocol, end);
    });
    void child.halfOpen.then((channel) => {
      if (channel === null) return;
      // One that is ending may close what it likes, and is shut down in any case.
      const isEnding = this.#phase === 'ending';
      this.#end(protocol, new ChildGroupError('ChannelClosed', `its ${channel}`));
      if (!isEnding) void child.kill();
    });
  }

  async start({ signal }: OperationCall): Promise<void> {
    this.#phase = 'starting';
    try {
      await this.#protocol.start(signal);
    } finally {
      // A start that was given up for a stop may end after that has begun.
      if (!signal.aborted) this.#phase = 'idle';
    }
  }

  handle(payload: unknown, call: RequestCall): Promise<unknown> {
    return this.#protocol.request(payload, call);
  }

  async stop({ signal, forced }: OperationCall): Promise<void> {
    this.#phase = 'ending';
    // A child did not outlive the host that had begun to stop it.
    if (this.#running === null) return;
    const { protocol, child } = this.#running;
    await withCleanUp(
      () => protocol.stop({ signal, forced }),
      () => child.shutDown(signal),
    );
  }

  async unload(): Promise<void> {
    this.#phase = 'ending';
    await this.#running?.child.kill();
    this.#running = null;
  }

  dispose(): Promise<void> {
    return this.unload();
  }

  get #protocol(): ChildProtocol {
    if (this.#running === null) throw new ChildGroupError('ChildEnded', 'it is not running');
    return this.#running.protocol;
  }

  /** Ends the protocol, and reports its first reason to the host: after a protocol error the exit code means nothing. */
  #end(protocol: ChildProtocol, why: ChildEnd | Error): void {
    const reason = why instanceof Error ? why : childEndedError(why);
    protocol.end(reason);
    if (this.#phase !== 'idle') return;
    this.#phase = 'ending';
    if (!(why instanceof Error) && why.type === 'exit' && why.code === 0) this.#deployment.finish();
    else this.#deployment.fail(reason);
  }
}
