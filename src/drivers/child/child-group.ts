import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { ChildGroupError, type ChildEnd } from './child-group-error.js';
import { ChildInput } from './child-input.js';
import type { Escalation, ResolvedChildOptions } from './child-options.js';
import { environmentWith } from './environment.js';
import { passOn, Tail } from './output.js';

/**
 * Becomes the command, and leaves a watchdog in its group that kills the whole group once the host is gone: only the
 * host holds the other end of descriptor 3, which the kernel closes however the host ended. The watchdog is started
 * by a shell that ends at once, so that the command does not find it among its children, and it keeps none of the
 * command's pipes open. The command's stdin comes as descriptor 4: only of such a one does Node say that the other end
 * was closed.
 */
const GUARDED = `(
  (trap '' HUP INT QUIT TERM; read -r _ <&3; kill -KILL 0) </dev/null >/dev/null 2>&1 4<&- &
)
exec "$@" <&4 3<&- 4<&-`;
/** Milliseconds in which the pipes of a child that has exited must have closed; who left its group may hold them. */
const LAST_WORDS = 1_000;
/** Milliseconds in which a child that has closed its stdin or stdout must have exited, if it did so by exiting. */
const EXIT_FOLLOWS = 1_000;

/** A child process and all that it starts, unless that leaves its group. It does not outlive its host. */
export class ChildGroup {
  /** When nothing more will come of the child: it has exited, its output was read, what is left of it is killed. */
  readonly ended: Promise<ChildEnd>;
  /** Which channel the child has closed although it runs on; null once it has ended. */
  readonly halfOpen: Promise<'stdin' | 'stdout' | null>;
  readonly input: ChildInput;
  readonly #process: ChildProcess;
  readonly #escalation: Escalation;
  readonly #stderr: Tail;
  #hasExited = false;

  private constructor(
    process: ChildProcess,
    options: ResolvedChildOptions,
    onStderr: (text: string) => void,
  ) {
    this.#process = process;
    this.#escalation = options.escalation;
    this.#stderr = new Tail(options.stderr);
    // That a child reads no more is told by `halfOpen`.
    for (const pipe of process.stdio) pipe?.on('error', () => undefined);
    const stderr = process.stderr as Readable;
    stderr.on('data', (data: Buffer) => {
      this.#stderr.append(data);
    });
    passOn(stderr, onStderr);
    this.input = new ChildInput(this.#stdin, options.stdin);
    // Nothing comes of a child's stdin but its end.
    this.#stdin.resume();
    this.ended = this.#untilEnded();
    this.halfOpen = this.#untilHalfOpen();
  }

  /**
   * @param program where the command is, as `findCommand` says
   * @param onStderr receives what the child writes to stderr, a line at a time
   * @throws {ChildGroupError} `SpawnFailed`
   */
  static async spawn(
    program: string,
    options: ResolvedChildOptions,
    onStderr: (text: string) => void,
  ): Promise<ChildGroup> {
    try {
      const process = spawnGuarded(program, options);
      await once(process, 'spawn');
      return new ChildGroup(process, options, onStderr);
    } catch (error) {
      throw new ChildGroupError('SpawnFailed', (error as Error).message, { cause: error });
    }
  }

  get stdout(): Readable {
    return this.#process.stdout as Readable;
  }

  /**
   * Has the child end by and by: its stdin ends; `escalation.eof` milliseconds later its group gets SIGTERM, and
   * `escalation.term` milliseconds after that SIGKILL, which it gets at once when `signal` is aborted.
   */
  async shutDown(signal: AbortSignal): Promise<void> {
    const { eof, term } = this.#escalation;
    const kill = () => {
      this.#signal('SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    this.input.end();
    if (!(await this.#endsWithin(eof))) {
      this.#signal('SIGTERM');
      if (!(await this.#endsWithin(term))) kill();
    }
    await this.ended;
    signal.removeEventListener('abort', kill);
  }

  /** Kills the group at once; without effect on one that is no more. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.ended;
  }

  get #stdin(): Duplex {
    return this.#process.stdio[4] as unknown as Duplex;
  }

  async #untilHalfOpen(): Promise<'stdin' | 'stdout' | null> {
    const channel = await new Promise<'stdin' | 'stdout'>((resolve) => {
      this.#stdin.once('close', () => {
        resolve('stdin');
      });
      this.stdout.once('close', () => {
        resolve('stdout');
      });
    });
    return (await this.#endsWithin(EXIT_FOLLOWS)) ? null : channel;
  }

  async #untilEnded(): Promise<ChildEnd> {
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      this.#process.once('exit', (...how) => {
        // Its watchdog, if nobody else, is still in the group: the number cannot be another's yet.
        this.#signal('SIGKILL');
        this.#hasExited = true;
        resolve(how);
      });
    });
    const [, , , guard] = this.#process.stdio;
    guard?.destroy();
    const timer = setTimeout(() => {
      for (const pipe of this.#process.stdio) pipe?.destroy();
    }, LAST_WORDS);
    await closed;
    clearTimeout(timer);
    const stderr = this.#stderr.text;
    return signal === null ? { type: 'exit', code: code ?? 0, stderr } : { type: 'signal', signal, stderr };
  }

  async #endsWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, milliseconds, false);
    });
    const isEnded = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    return isEnded;
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#hasExited) return;
    try {
      process.kill(-(this.#process.pid as number), signal);
    } catch {
      // Nobody is left.
    }
  }
}

function spawnGuarded(program: string, { args, cwd, env }: ResolvedChildOptions): ChildProcess {
  return spawn('/bin/sh', ['-c', GUARDED, 'sh', program, ...args], {
    cwd,
    env: environmentWith(env),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
}
