import type { AnyStateNode, SnapshotFrom, Subscription } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState, AgentOperation } from '../../machines/agent-lifecycle.states.js';
import type {
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleInput,
  AgentOperationInput,
} from '../../machines/agent-lifecycle.types.js';
import { AgentLifecycle } from '../domain/agent-lifecycle.js';
import { StateTransitionError } from '../domain/state-transition-error.js';
import { realTime, type Clock } from '../host/clock.js';
import { Listeners } from '../host/listeners.js';
import { AgentColumns } from './agent-columns.js';
import { ChartEngine } from './chart-engine.js';
import { FleetError } from './fleet-error.js';
import { TimingWheel } from './timing-wheel.js';

/**
 * That an operation has ended, as XState says it: `xstate.done.actor.loading`, `xstate.error.actor.loading` with the
 * error, which becomes the failure reason. One that is not in flight changes nothing.
 */
export type OperationEvent =
  | { readonly type: `xstate.done.actor.${AgentOperation}` }
  | { readonly type: `xstate.error.actor.${AgentOperation}`; readonly error?: unknown };

export type FleetEvent = AgentLifecycleEvent | OperationEvent;

export type FleetListener = (id: number, event: AgentLifecycleEmitted) => unknown;

export interface FleetOptions {
  /** Keeps the deadlines; the real time by default. */
  readonly clock?: Clock;
  /** How many agents there is room for from the beginning; room for more is made as it is needed. 1 024 by default. */
  readonly capacity?: number;
  /** Milliseconds that deadlines may take of one turn of the event loop, if many are due; 5 by default. */
  readonly turnBudget?: number;
  /** Told of each operation that is to be carried out, elsewhere; its end is sent to the fleet as an event. */
  readonly onOperation?: (id: number, input: AgentOperationInput) => void;
  /** What a listener threw, which concerns nobody else. */
  readonly onError?: (error: unknown) => void;
}

/** Very many lifecycles in little memory, whose operations run elsewhere and report back as events. */
export interface Fleet {
  /** How many agents there are, those that have ended among them. */
  readonly size: number;
  /**
   * A new agent, unloaded. Its id is the fleet's own, and never that of another agent.
   *
   * @throws {InvalidValueError} for the first field that is not what it should be
   */
  add(input: AgentLifecycleInput): number;
  /** Forgets an agent, in whatever state it is; nothing is emitted. @throws {FleetError} `UnknownAgent` */
  remove(id: number): void;
  /**
   * Sends an event, and says why it was not taken, if it was not. An agent that has ended refuses all of them, and
   * emits nothing. @throws {FleetError} `UnknownAgent`
   */
  send(id: number, event: FleetEvent): StateTransitionError | null;
  /** @throws {FleetError} `UnknownAgent` */
  state(id: number): AgentLifecycleState;
  /** @throws {FleetError} `UnknownAgent` */
  record(id: number): AgentLifecycle;
  /** What the chart knows of an agent beside its state. @throws {FleetError} `UnknownAgent` */
  context(id: number): AgentLifecycleContext;
  /** Calls back for every agent; one that is added meanwhile may be left out. */
  each(visit: (id: number) => void): void;
  /** What the agents emit, each event after its agent has changed accordingly. */
  subscribe(listener: FleetListener): Subscription;
  /** Forgets all deadlines, so that nothing is left running. */
  stop(): void;
}

/**
 * A fleet of agents that live by the chart, as `createActor` would have each of them, without an actor for any.
 *
 * @throws {FleetError} `UnsupportedChart` for implementations that only XState can carry out
 */
export function createFleet(machine: typeof agentLifecycleMachine, options: FleetOptions = {}): Fleet {
  return new ColumnFleet(machine, options);
}

/** The row of an agent is the lower half of its id; the upper half tells which of the row's tenants it is. */
const ROWS = 2 ** 32;
/** Room is made for a quarter more: doubling would leave half of it unused. */
const GROWTH = 1.25;
const MONOTONIC: Clock = { ...realTime, now: () => performance.now() };

class ColumnFleet implements Fleet {
  readonly #columns = new AgentColumns();
  readonly #engine: ChartEngine;
  readonly #wheel: TimingWheel;
  readonly #listeners = new Listeners<[id: number, event: AgentLifecycleEmitted]>();
  readonly #onError: (error: unknown) => void;
  /** By row, how many agents it had before; odd tenants are none. */
  #tenants = new Uint32Array(0);
  /** Rows up to here have been used; the free ones among them are listed. */
  #used = 0;
  readonly #free: number[] = [];
  /** What is to be told once the agent has changed. */
  #untold: (() => void)[] = [];
  #isTelling = false;
  #refusal: StateTransitionError | null = null;

  constructor(
    machine: typeof agentLifecycleMachine,
    {
      clock = MONOTONIC,
      capacity = 1_024,
      turnBudget = 5,
      onOperation,
      onError = () => undefined,
    }: FleetOptions,
  ) {
    this.#onError = onError;
    this.#wheel = new TimingWheel({
      clock,
      turnBudget,
      onDue: (row) => {
        this.#engine.expire(row);
        this.#tell();
      },
    });
    this.#engine = new ChartEngine(machine, this.#columns, {
      onEmitted: (row, event) => {
        if (event.type === 'lifecycle.rejected') this.#refusal = event.error;
        if (this.#listeners.size === 0) return;
        this.#enqueue(row, (id) => {
          this.#listeners.notify(onError, id, event);
        });
      },
      onOperation: (row, input) => {
        if (onOperation === undefined) return;
        const told = input();
        this.#enqueue(row, (id) => {
          onOperation(id, told);
        });
      },
      arm: (row, delay) => {
        this.#wheel.arm(row, delay);
      },
      cancel: (row) => {
        this.#wheel.cancel(row);
      },
    });
    this.#grow(Math.max(1, capacity));
  }

  get size(): number {
    return this.#used - this.#free.length;
  }

  add(input: AgentLifecycleInput): number {
    const row = this.#free.at(-1) ?? this.#used;
    if (row === this.#tenants.length) this.#grow(Math.ceil(row * GROWTH) + 1);
    this.#engine.begin(row, input);
    if (row === this.#used) this.#used++;
    else this.#free.pop();
    this.#tenants[row] = (this.#tenants[row] as number) + 1;
    const id = this.#idOf(row);
    this.#tell();
    return id;
  }

  remove(id: number): void {
    const row = this.#rowOf(id);
    this.#wheel.cancel(row);
    this.#columns.agentName.delete(row);
    this.#columns.failureReason.delete(row);
    const tenants = (this.#tenants[row] as number) + 1;
    this.#tenants[row] = tenants;
    this.#free.push(row);
  }

  send(id: number, event: FleetEvent): StateTransitionError | null {
    const row = this.#rowOf(id);
    this.#refusal = null;
    if (!this.#engine.take(row, event)) {
      return new StateTransitionError({ code: 'TerminalState', state: this.#stateOf(row) });
    }
    const refusal = this.#refusal;
    if (this.#untold.length > 0) this.#tell();
    return refusal;
  }

  state(id: number): AgentLifecycleState {
    return this.#stateOf(this.#rowOf(id));
  }

  record(id: number): AgentLifecycle {
    const row = this.#rowOf(id);
    const snapshot = { status: 'active', value: this.#stateOf(row), context: this.context(id) };
    return AgentLifecycle.fromSnapshot(snapshot as unknown as SnapshotFrom<typeof agentLifecycleMachine>);
  }

  context(id: number): AgentLifecycleContext {
    return this.#engine.contextOf(this.#rowOf(id));
  }

  each(visit: (id: number) => void): void {
    for (let row = 0; row < this.#used; row++) {
      if (isTenant(this.#tenants[row] as number)) visit(this.#idOf(row));
    }
  }

  subscribe(listener: FleetListener): Subscription {
    return this.#listeners.add(listener);
  }

  stop(): void {
    this.#wheel.stop();
  }

  #stateOf(row: number): AgentLifecycleState {
    return topOf(this.#engine.leafOf(row).node);
  }

  #rowOf(id: number): number {
    const row = id >>> 0;
    const tenants = this.#tenants[row] ?? 0;
    if (isTenant(tenants) && id === (tenants >>> 1) * ROWS + row) return row;
    throw new FleetError({ code: 'UnknownAgent', id });
  }

  #idOf(row: number): number {
    return ((this.#tenants[row] as number) >>> 1) * ROWS + row;
  }

  #grow(capacity: number): void {
    const tenants = new Uint32Array(capacity);
    tenants.set(this.#tenants);
    this.#tenants = tenants;
    this.#columns.grow(capacity);
    this.#wheel.grow(capacity);
  }

  #enqueue(row: number, tell: (id: number) => void): void {
    this.#untold.push(() => {
      tell(this.#idOf(row));
    });
  }

  /** Tells in order: what a listener does at once is told after what it heard of. */
  #tell(): void {
    if (this.#untold.length === 0 || this.#isTelling) return;
    this.#isTelling = true;
    for (let tell = this.#untold.shift(); tell !== undefined; tell = this.#untold.shift()) {
      try {
        tell();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#isTelling = false;
  }
}

/** A row is let and vacated in turn. */
function isTenant(tenants: number): boolean {
  return (tenants & 1) === 1;
}

function topOf(leaf: AnyStateNode): AgentLifecycleState {
  return leaf.path[0] as AgentLifecycleState;
}
