import type { AgentDriver, DriverDeployment, OperationCall } from '../../host/agent-driver.js';
import { childEnded, type ChildEnd } from './child-end.js';
import { ChildGroup } from './child-group.js';
import { ChildGroupError } from './child-group-error.js';
import type { ResolvedChildOptions } from './child-options.js';
import type { ChildSession, OpenSession } from './child-session.js';
import { findCommand } from './find-command.js';
import { withCleanUp } from '../../util/clean-up.js';

interface Running {
  readonly child: ChildGroup;
  readonly session: ChildSession;
}

/** Runs an agent as a child process, whatever it is spoken to in. */
export class ChildDriver implements AgentDriver {
  readonly #options: ResolvedChildOptions;
  readonly #deployment: DriverDeployment;
  readonly #openSession: OpenSession;
  #program = '';
  #running: Running | null = null;
  /** While it is not idle, an operation hears for itself that the child has ended, and the host hears it from that. */
  #phase: 'idle' | 'starting' | 'ending' = 'idle';

  /** @throws {ChildGroupError} `UnsupportedPlatform` */
  constructor(options: ResolvedChildOptions, deployment: DriverDeployment, openSession: OpenSession) {
    if (process.platform === 'win32') throw new ChildGroupError('UnsupportedPlatform', process.platform);
    this.#options = options;
    this.#deployment = deployment;
    this.#openSession = openSession;
  }

  async load(): Promise<void> {
    this.#program = await findCommand(this.#options);
  }

  async instantiate({ signal }: OperationCall): Promise<void> {
    const child = await ChildGroup.spawn(this.#program, this.#options, (text) => {
      this.#deployment.output('stderr', text);
    });
    // The agent may have gone in the moment in which the child came.
    if (signal.aborted) return child.kill();
    const session = this.#openSession(child, (reason) => {
      this.#end(session, reason);
      void child.kill();
    });
    this.#phase = 'idle';
    this.#running = { child, session };
    void child.ended.then((end) => {
      this.#end(session, end);
    });
    void child.halfOpen.then((channel) => {
      if (channel === null) return;
      // One that is ending may close what it likes, and is brought down in any case.
      const isEnding = this.#phase === 'ending';
      this.#end(session, new ChildGroupError('ChannelClosed', `its ${channel}`));
      if (!isEnding) void child.kill();
    });
  }

  async start({ signal }: OperationCall): Promise<void> {
    this.#phase = 'starting';
    try {
      await this.#session.start(signal);
    } finally {
      // A start that was given up for a stop may end after that has begun.
      if (!signal.aborted) this.#phase = 'idle';
    }
  }

  handle(payload: unknown, { signal }: { signal: AbortSignal }): Promise<unknown> {
    return this.#session.request(payload, signal);
  }

  async stop({ signal, forced }: OperationCall): Promise<void> {
    this.#phase = 'ending';
    // A child did not outlive the host that had begun to stop it.
    if (this.#running === null) return;
    const { session, child } = this.#running;
    await withCleanUp(
      () => session.stop({ signal, forced }),
      () => child.bringDown(signal),
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

  get #session(): ChildSession {
    if (this.#running === null) throw new ChildGroupError('ChildEnded', 'it is not running');
    return this.#running.session;
  }

  /** Once a child has said nonsense, how it ends tells nothing. */
  #end(session: ChildSession, why: ChildEnd | Error): void {
    const reason = why instanceof Error ? why : childEnded(why);
    session.end(reason);
    if (this.#phase !== 'idle') return;
    this.#phase = 'ending';
    if (!(why instanceof Error) && why.type === 'exit' && why.code === 0) this.#deployment.finish();
    else this.#deployment.fail(reason);
  }
}
