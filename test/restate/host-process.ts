import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.js';

export interface HostProcessOptions {
  readonly ingress: string;
  readonly admin: string;
  readonly host: string;
  readonly port?: number;
  readonly advertised?: string;
  readonly leasePeriod?: number;
  readonly countTimeout?: number;
  readonly journalCapacity?: number;
  readonly parts?: 'all' | 'objects' | 'host';
  /** The operations that end when they are told to; the others do at once. */
  readonly hold?: readonly string[];
  /** By which the delays of lifecycles are multiplied. */
  readonly scale?: number;
}

/** A call of a driver's. */
export interface DriverCall {
  readonly agent: string;
  readonly operation: string;
  readonly attempt: number;
  readonly forced: boolean;
}

type Message = { readonly id?: number; readonly type?: string; readonly [key: string]: unknown };

const all = new Set<HostProcess>();

/** Kills what a test, or a failed one, has left. @param kept those that further tests need */
export function killHosts(...kept: readonly HostProcess[]): void {
  for (const host of all) if (!kept.includes(host)) host.kill();
}

/** A host of agents in a process of its own. */
export class HostProcess {
  /** Empty until it calls itself ready; operations may be called before. */
  url = '';
  readonly calls: DriverCall[] = [];
  readonly aborted: string[] = [];
  readonly exited: Promise<unknown>;
  readonly #ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #count = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ready = new Promise((resolve) => {
      child.on('message', ({ type, url }: Message) => {
        if (type !== 'ready') return;
        this.url = String(url);
        resolve();
      });
    });
    this.exited = once(child, 'exit');
    all.add(this);
    child.on('message', (message: Message) => {
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      const { type, ...call } = message;
      if (type === 'called') this.calls.push(call as unknown as DriverCall);
      if (type === 'aborted') this.aborted.push(`${String(call['agent'])} ${String(call['operation'])}`);
    });
  }

  static async start(options: HostProcessOptions): Promise<HostProcess> {
    const child = fork('test/restate/host-program.mjs', [JSON.stringify({ hold: [], ...options })], {
      execArgv: ['--import', './test/restate/with-resolvers.mjs'],
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const host = new HostProcess(child);
    await Promise.race([host.#ready, host.exited]);
    if (host.url === '') throw new Error('The host has ended before it was ready');
    return host;
  }

  /** As the system kills a process: nothing is said to anybody. */
  kill(): void {
    all.delete(this);
    this.#child.kill('SIGKILL');
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  settle(agent: string, operation: string, message?: string): Promise<unknown> {
    return this.#do('settle', { agent, operation, message });
  }

  async inFlight(agent: string): Promise<readonly string[]> {
    return (await this.#do('inFlight', { agent })) as string[];
  }

  /** The code of the refusal; null where the request was let in. */
  async accept(agent: string): Promise<string | null> {
    return this.#do('accept', { agent }).then(
      () => null,
      (error: unknown) => (error as { code: string }).code,
    );
  }

  async complete(agent: string): Promise<boolean> {
    return (await this.#do('complete', { agent })) as boolean;
  }

  async isServing(agent: string): Promise<boolean> {
    return (await this.#do('isServing', { agent })) as boolean;
  }

  async untilServing(agent: string): Promise<void> {
    await eventually(() => this.isServing(agent));
  }

  async close(how: { force?: boolean } = {}): Promise<void> {
    await this.#do('close', how);
  }

  /** The calls for an agent, by their names and attempts. */
  callsFor(agent: string): readonly string[] {
    return this.calls
      .filter((call) => call.agent === agent)
      .map(({ operation, attempt }) => `${operation} ${attempt}`);
  }

  async untilCalled(agent: string, operation: string): Promise<void> {
    await eventually(() => this.calls.some((call) => call.agent === agent && call.operation === operation));
  }

  async #do(action: string, parameters: object): Promise<unknown> {
    const id = ++this.#count;
    const answer = await new Promise<Message>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, do: action, ...parameters }, (error) => {
        if (error !== null) reject(error);
      });
    });
    this.#waiting.delete(id);
    const { error, value } = answer as { error?: { message: string }; value?: unknown };
    if (error !== undefined) throw Object.assign(new Error(error.message), error);
    return value;
  }
}
