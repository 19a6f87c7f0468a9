import { afterEach } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';

/** The main job as a user starts it. `npm test` has built the package before. */
export class Started {
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';
  #waiting: (() => void)[] = [];

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(command, args, { env: { ...process.env, NODE_OPTIONS: '', ...env }, detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const resolve of this.#waiting.splice(0)) resolve();
      });
    }
    this.exited = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        resolve(code);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    });
  }

  async has(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      if (this.#child.exitCode !== null)
        throw new Error(`It ended without ${String(pattern)}:\n${this.output}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async url(): Promise<string> {
    const [, url] = await this.has(/on (http:\/\/\S+)/);
    await this.has(/slow-echo +ready → running/);
    await this.has(/word-count +ready → running/);
    return String(url);
  }

  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Leaves nothing behind that a failed test may have left. */
  killAll(): void {
    try {
      process.kill(-Number(this.#child.pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

const started: Started[] = [];

afterEach(() => {
  for (const process of started.splice(0)) process.killAll();
});

export function start(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Started {
  const process = new Started(command, args, env);
  started.push(process);
  return process;
}

export function command(args: string[], env: NodeJS.ProcessEnv = {}): Started {
  return start(process.execPath, ['packages/agent-lifecycle/bin.js', ...args], env);
}
