import { createActor, type ActorRefFrom, type Subscription } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../../machines/agent-lifecycle.states.js';
import type { AgentLifecycleEmitted, AgentLifecycleEvent } from '../../machines/agent-lifecycle.types.js';
import { accepts } from '../domain/accepts.js';
import { AgentLifecycle } from '../domain/agent-lifecycle.js';
import { parseAgentLifecycleInput } from '../domain/agent-lifecycle-input.js';
import { isTerminal } from '../domain/agent-lifecycle-state.js';
import { topStateOf } from '../domain/top-state.js';
import type { AgentDriver, AgentDriverFactory } from './agent-driver.js';
import { lifecycleInputOf, type ResolvedAgentSpec } from './agent-spec.js';
import type { Clock } from './clock.js';
import { answer, answerTo, commandFor, type CommandAnswer } from './command-answer.js';
import { disposeWithin } from './dispose-within.js';
import { drivenMachine } from './driven-machine.js';
import { LeaseTable, type Lease } from './lease-table.js';
import { Listeners } from './listeners.js';
import { ObservedLifecycle } from './observed-lifecycle.js';
import { orAborted } from './or-aborted.js';
import { RequestError, type RequestErrorCode } from './request-error.js';
import { stepDown, type StepDown } from './step-down.js';

export type AgentListener = (event: AgentLifecycleEmitted, agent: Agent) => void;

/** How an agent is left when its host is done with it. */
export interface AgentReport {
  readonly name: string;
  readonly generation: number;
  readonly state: AgentLifecycleState;
  readonly failureReason: string | null;
  readonly abandonedRequests: number;
  readonly forced: boolean;
}

export interface AgentOptions {
  readonly spec: ResolvedAgentSpec;
  readonly generation: number;
  readonly createDriver: AgentDriverFactory;
  readonly clock: Clock;
  /** Told what a driver's dispose or a listener threw, which concerns nobody else. */
  readonly onError: (error: unknown, agent: Agent) => void;
}

/**
 * One generation of a deployed agent: a lifecycle, whose operations a driver carries out.
 *
 * A command awaits its outcome and answers it. Each is sent in a microtask of its own, so that it may be called
 * from anywhere, a listener among them.
 */
export class Agent {
  readonly name: string;
  /** 1 for the first deployment under this name. */
  readonly generation: number;
  readonly spec: ResolvedAgentSpec;
  readonly #options: AgentOptions;
  readonly #driver: AgentDriver;
  readonly #lifecycle: ObservedLifecycle;
  readonly #leases = new LeaseTable();
  readonly #listeners = new Listeners<[AgentLifecycleEmitted, Agent]>();
  #disposal: Promise<void> | null = null;

  /** @throws {InvalidValueError} and whatever the driver's factory throws; nothing is left behind then. */
  constructor(options: AgentOptions) {
    const { spec, generation, clock } = options;
    this.name = spec.name;
    this.generation = generation;
    this.spec = spec;
    this.#options = options;
    const input = lifecycleInputOf(spec);
    parseAgentLifecycleInput(input);
    let lifecycle: ObservedLifecycle | null = null;
    this.#driver = options.createDriver({
      options: spec.options,
      fail: (reason) => {
        lifecycle?.send({ type: 'agent.fail', reason });
      },
      finish: () => {
        if (lifecycle !== null) finish(lifecycle);
      },
    });
    const machine = drivenMachine(this.#driver, (by) => {
      this.#abortRequests(by === 'drainTimeout' ? 'DrainTimeoutExceeded' : 'AgentStopped');
    });
    const actor = createActor(machine, { input, clock });
    lifecycle = new ObservedLifecycle(actor, {
      onEmitted: (event) => {
        this.#listeners.notify(this.#report, event, this);
      },
      onChange: () => {
        if (this.hasEnded) void this.#end();
      },
      onError: this.#report,
    });
    this.#lifecycle = lifecycle;
    actor.start();
  }

  /** The lifecycle itself. What a listener on it throws is not caught: `subscribe` is the safe way to listen. */
  get actor(): ActorRefFrom<typeof agentLifecycleMachine> {
    return this.#lifecycle.actor;
  }

  get state(): AgentLifecycleState {
    return topStateOf(this.#lifecycle.snapshot.value);
  }

  get record(): AgentLifecycle {
    return AgentLifecycle.fromSnapshot(this.#lifecycle.snapshot);
  }

  /** Whether the lifecycle has ended. */
  get hasEnded(): boolean {
    return this.#lifecycle.snapshot.status !== 'active';
  }

  get report(): AgentReport {
    const { pendingRequests, failureReason, forced } = this.#lifecycle.snapshot.context;
    const { name, generation, state } = this;
    return { name, generation, state, failureReason, abandonedRequests: pendingRequests, forced };
  }

  load(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.load' });
  }

  instantiate(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.instantiate' });
  }

  start(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.start' });
  }

  /** Accepts nothing more and lets what is pending finish; answers when the agent has stopped. */
  drain(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.drain' });
  }

  /** Stops without waiting for requests. */
  stop(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.stop' });
  }

  unload(): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.unload' });
  }

  /** @param reason a string or an Error; anything else is `Unknown failure` */
  fail(reason?: unknown): Promise<CommandAnswer> {
    return this.#command({ type: 'agent.fail', reason });
  }

  /** Loads, instantiates and starts, from whichever of these steps is next. */
  async run(): Promise<CommandAnswer> {
    const from = this.state;
    if (from === 'unloaded') {
      const loaded = await this.load();
      if (loaded.error !== null) return answer(from, loaded.result.currentState, loaded.error);
    }
    if (from === 'unloaded' || from === 'loaded') {
      const ready = await this.instantiate();
      if (ready.error !== null) return answer(from, ready.result.currentState, ready.error);
    }
    const { result, error } = await this.start();
    return answer(from, result.currentState, error);
  }

  /**
   * Has the agent answer a request.
   *
   * @throws {StateTransitionError} when the agent does not accept it
   * @throws {RequestError} when it was accepted and failed, or the agent went before it ended
   * @throws the reason of `signal` when that was aborted
   */
  async request(payload: unknown, options: { signal?: AbortSignal | undefined } = {}): Promise<unknown> {
    await nextTurn();
    options.signal?.throwIfAborted();
    const lease = this.#accept();
    const signal = options.signal ? AbortSignal.any([options.signal, lease.signal]) : lease.signal;
    const work = Promise.resolve().then(() => this.#driver.handle(payload, { signal }));
    // The lease is held until the work has ended: that nobody waits for it does not end it.
    const released = work.finally(() => {
      lease.release();
    });
    try {
      return await orAborted(released, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new RequestError('RequestFailed', this.name, { cause: error });
    }
  }

  /** Hears each transition and each refusal, after the state has changed. What a listener throws is caught. */
  subscribe(listener: AgentListener): Subscription {
    return this.#listeners.add(listener);
  }

  /**
   * Brings the agent down from whatever state it is in, and disposes of it. It may be called again, with `force`,
   * while a first call still waits for requests.
   */
  async bringDown({ force = false }: { force?: boolean } = {}): Promise<AgentReport> {
    await nextTurn();
    for (let step = this.#stepDown(force); step !== 'down'; step = this.#stepDown(force)) {
      if (step === 'wait') await this.#lifecycle.ask(() => true).answer;
      else this.#lifecycle.send({ type: step });
    }
    // Without effect on a lifecycle that has ended; one that never came up has no end of its own.
    this.actor.stop();
    await this.#end();
    return this.report;
  }

  #stepDown(force: boolean): StepDown {
    return stepDown(this.#lifecycle.snapshot, force);
  }

  async #command(event: AgentLifecycleEvent): Promise<CommandAnswer> {
    await nextTurn();
    const command = commandFor(event.type, this.#lifecycle.snapshot);
    const { answer: outcome, withdraw } = this.#lifecycle.ask((snapshot, lastTransition) =>
      answerTo(command, snapshot, lastTransition?.event ?? null),
    );
    const refusal = this.#lifecycle.send(event);
    if (refusal !== null) {
      withdraw();
      return answer(command.from, this.state, refusal);
    }
    const given = await outcome;
    if (isTerminal(given.result.currentState)) await this.#end();
    return given;
  }

  #accept(): Lease {
    const refusal = this.#lifecycle.send({ type: 'request.accept' });
    if (refusal !== null) throw refusal;
    return this.#leases.open(() => {
      this.#lifecycle.send({ type: 'request.complete' });
    });
  }

  #abortRequests(code: RequestErrorCode): void {
    this.#leases.abortAll(new RequestError(code, this.name));
  }

  /** Leaves nothing of the agent behind, whatever its driver does; once, however often it is called. */
  #end(): Promise<void> {
    if (this.#disposal !== null) return this.#disposal;
    const { agentId, agentName, version, versionNumber, transitionTimeout } =
      this.#lifecycle.snapshot.context;
    const identity = { agentId, agentName, version, versionNumber };
    this.#abortRequests(this.state === 'failed' ? 'AgentFailed' : 'AgentStopped');
    this.#disposal = disposeWithin(this.#driver, identity, transitionTimeout, this.#options.clock).catch(
      this.#report,
    );
    return this.#disposal;
  }

  readonly #report = (error: unknown): void => {
    try {
      this.#options.onError(error, this);
    } catch {
      // There is nobody left to tell.
    }
  };
}

/** Stops an agent that has ended by itself, with success; one that cannot be stopped yet has failed. */
function finish(lifecycle: ObservedLifecycle): void {
  const { snapshot } = lifecycle;
  if (snapshot.context.operation === 'stopping') return;
  const canStop = accepts(snapshot).includes('agent.stop');
  lifecycle.send(
    canStop
      ? { type: 'agent.stop' }
      : { type: 'agent.fail', reason: 'The agent ended before it could be stopped' },
  );
}

/** Nothing else is being dealt with then, so that a lifecycle takes what it is sent at once. */
function nextTurn(): Promise<void> {
  return Promise.resolve();
}
