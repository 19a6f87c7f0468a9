import type { AgentDriver, AgentDriverFactory, DriverDeployment } from '../../src/index.js';

type Method = keyof AgentDriver;

interface Call {
  readonly method: Method;
  readonly payload: unknown;
  readonly signal: AbortSignal;
  readonly forced: boolean;
  readonly attempt: number;
  readonly resolve: (value?: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A driver that does what a test tells it to, when it tells it. Methods that are not held end at once. */
export class ScriptedDriver {
  readonly calls: Call[] = [];
  readonly held = new Set<Method>();
  readonly throws = new Map<Method, unknown>();
  /** What happens while a method is called. */
  readonly during = new Map<Method, () => void>();
  deployment: DriverDeployment | null = null;
  /** What the factory throws. */
  refusal: Error | null = null;

  readonly factory: AgentDriverFactory = (deployment) => {
    if (this.refusal !== null) throw this.refusal;
    this.deployment = deployment;
    const run = (method: Method) => (call: { signal: AbortSignal; forced?: boolean; attempt?: number }) =>
      this.#run(method, call) as Promise<void>;
    return {
      load: run('load'),
      instantiate: run('instantiate'),
      start: run('start'),
      stop: run('stop'),
      unload: run('unload'),
      dispose: run('dispose'),
      handle: (payload, call) => this.#run('handle', call, payload),
    };
  };

  hold(...methods: Method[]): this {
    for (const method of methods) this.held.add(method);
    return this;
  }

  /** The last call of a method. */
  last(method: Method): Call {
    const call = this.calls.findLast((each) => each.method === method);
    if (call === undefined) throw new Error(`${method} was never called`);
    return call;
  }

  count(method: Method): number {
    return this.calls.filter((each) => each.method === method).length;
  }

  #run(
    method: Method,
    { signal, forced = false, attempt = 1 }: { signal: AbortSignal; forced?: boolean; attempt?: number },
    payload?: unknown,
  ) {
    return new Promise((resolve, reject) => {
      this.calls.push({ method, payload, signal, forced, attempt, resolve, reject });
      this.during.get(method)?.();
      if (this.throws.has(method)) throw this.throws.get(method);
      if (!this.held.has(method)) resolve(payload);
    });
  }
}
