import type { AnyStateNode, SnapshotFrom, Subscription } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState, AgentOperation } from '../values/lifecycle-states.js';
import type {
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleMachineInput,
  AgentOperationInput,
} from '../../machines/agent-lifecycle.types.js';
import { AgentLifecycle } from '../record/agent-lifecycle.js';
import { assertKnownKeys } from '../values/assert-known-keys.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { StateTransitionError } from '../values/state-transition-error.js';
import { realTime, type Clock } from '../util/clock.js';
import { Listeners } from '../util/listeners.js';
import { parseWhole } from '../values/parse-whole.js';
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

/** What can be sent to an agent of a fleet. */
export type FleetEvent = AgentLifecycleEvent | OperationEvent;

/** Called with each event that an agent of the fleet emits, and its id. */
export type FleetListener = (id: number, event: AgentLifecycleEmitted) => unknown;

/** How a fleet is created. */
export interface FleetOptions {
  /** Keeps the deadlines; by default the time since the process began, for a clock that is set back keeps them late. */
  readonly clock?: Clock;
  /** How many agents there is room for from the beginning; room for more is made as it is needed. 1 024 by default. */
  readonly capacity?: number;
  /** Milliseconds that deadlines may take of one turn of the event loop, if many are due; 5 by default. */
  readonly turnBudget?: number;
  /** Told of each operation that is to be carried out, elsewhere; its end is sent to the fleet as an event. */
  readonly onOperation?: (id: number, input: AgentOperationInput) => unknown;
  /**
   * What a listener or `onOperation` threw, which concerns nobody else; and what a function of the machine's threw when
   * a deadline was met: the agent stays where it was, without the deadline. Ignored by default.
   */
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
   * @throws {FleetError} `FleetFull`, after some two thousand millions
   */
  add(input: AgentLifecycleMachineInput): number;
  /** Forgets an agent, in whatever state it is; nothing is emitted. @throws {FleetError} `UnknownAgent` */
  remove(id: number): void;
  /**
   * Sends an event, and says why it was not taken, if it was not. An agent that has ended refuses all of them, and
   * emits nothing. What a guard, an action or an assigner throws is thrown, and the agent is as it was.
   *
   * @throws {FleetError} `UnknownAgent`; `InTransition` for those functions themselves
   * @throws {InvalidValueError} for what is no event
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
  /** Forgets all deadlines, those that are to come too, so that nothing is left running. */
  stop(): void;
}

/**
 * A fleet of agents that live by the chart, as `createActor` would have each of them, without an actor for any.
 *
 * @throws {FleetError} `UnsupportedChart` for implementations that only XState can carry out
 * @throws {InvalidValueError} for what is no machine, for a capacity or a turn budget that is none, and for an unknown option
 */
export function createFleet(machine: typeof agentLifecycleMachine, options: FleetOptions = {}): Fleet {
  if ((Object(machine) as Partial<typeof machine>).root === undefined) {
    throw new InvalidValueError({ field: 'machine', expected: 'a state machine', received: machine });
  }
  assertKnownKeys('FleetOptions', options, OPTIONS);
  return new ColumnFleet(machine, options);
}

const OPTIONS = [
  'clock',
  'capacity',
  'turnBudget',
  'onOperation',
  'onError',
] as const satisfies (keyof FleetOptions)[];

/** The row of an agent is the lower half of its id; the upper half tells how many had that row before. */
const ROWS = 2 ** 32;
const NOBODY = -1;
/** As many as the wheel can number. */
const MAX_ROWS = 2 ** 31 - 2 ** 12;
/** Room is made for a quarter more: doubling would leave half of it unused. */
const GROWTH = 1.25;
const MONOTONIC: Clock = { ...realTime, now: performance.now.bind(performance) };

class ColumnFleet implements Fleet {
  readonly #columns = new AgentColumns();
  readonly #engine: ChartEngine;
  readonly #wheel: TimingWheel;
  readonly #listeners = new Listeners<[id: number, event: AgentLifecycleEmitted]>();
  readonly #onError: (error: unknown) => void;
  /** By row: the id of its agent, or `NOBODY`. */
  #ids = new Float64Array(0);
  /** Rows up to here have been used; of the free ones among them, the ids that their next agents will have. */
  #used = 0;
  readonly #free: number[] = [];
  #size = 0;
  /** What is to be told once the agent has changed. */
  #untold: (() => void)[] = [];
  #isTelling = false;
  /** As they were when the transition that is under way began. */
  #keptDeadline: number | null = null;
  #keptUntold = 0;
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
    parseWhole('capacity', 1, capacity);
    parseWhole('turnBudget', 0, turnBudget);
    this.#onError = onError;
    this.#wheel = new TimingWheel({
      clock,
      turnBudget,
      onDue: (row) => {
        try {
          this.#engine.expire(row);
        } catch (error) {
          this.#report(error);
        }
        this.#tell();
      },
    });
    this.#engine = new ChartEngine(machine, this.#columns, {
      onEmitted: (row, event) => {
        if (event.type === 'lifecycle.rejected') this.#refusal = event.error;
        if (this.#listeners.size === 0) return;
        this.#enqueue(row, (id) => {
          this.#listeners.notify(this.#report, id, event);
        });
      },
      onOperation:
        onOperation === undefined
          ? null
          : (row, input) => {
              this.#enqueue(row, (id) => {
                Promise.resolve(onOperation(id, input)).catch(this.#report);
              });
            },
      arm: (row, delay) => {
        this.#wheel.arm(row, delay);
      },
      cancel: (row) => {
        this.#wheel.cancel(row);
      },
      keep: (row) => {
        this.#keptDeadline = this.#wheel.deadlineOf(row);
        this.#keptUntold = this.#untold.length;
      },
      putBack: (row) => {
        this.#refusal = null;
        this.#untold.length = this.#keptUntold;
        this.#wheel.cancel(row);
        if (this.#keptDeadline !== null) this.#wheel.armAt(row, this.#keptDeadline);
      },
    });
    this.#grow(capacity);
  }

  get size(): number {
    return this.#size;
  }

  add(input: AgentLifecycleMachineInput): number {
    this.#engine.expectIdle();
    const id = this.#free.at(-1) ?? this.#used;
    if (id === MAX_ROWS) throw new FleetError({ code: 'FleetFull', size: MAX_ROWS });
    const row = id >>> 0;
    if (row === this.#ids.length) this.#grow(Math.min(MAX_ROWS, Math.ceil(row * GROWTH) + 1));
    this.#ids[row] = id;
    try {
      this.#engine.begin(row, input);
    } catch (error) {
      this.#ids[row] = NOBODY;
      this.#columns.clear(row);
      throw error;
    }
    if (id === this.#used) this.#used++;
    else this.#free.pop();
    this.#size++;
    this.#tell();
    return id;
  }

  remove(id: number): void {
    const row = this.#rowOf(id);
    this.#engine.expectIdle();
    this.#wheel.cancel(row);
    this.#columns.clear(row);
    this.#ids[row] = NOBODY;
    this.#size--;
    // A row that has had all the ids that can be told apart is let to nobody else.
    if (id + ROWS <= Number.MAX_SAFE_INTEGER) this.#free.push(id + ROWS);
  }

  send(id: number, event: FleetEvent): StateTransitionError | null {
    const row = this.#rowOf(id);
    const taken = this.#engine.take(row, event);
    if (taken === 'counted') return null;
    if (taken === 'ended') {
      return new StateTransitionError({ code: 'TerminalState', state: this.#stateOf(row) });
    }
    const refusal = this.#refusal;
    this.#refusal = null;
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
    const used = this.#used;
    for (let row = 0; row < used; row++) {
      const id = this.#ids[row] as number;
      if (id !== NOBODY) visit(id);
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
    if (typeof id === 'number') {
      const row = id >>> 0;
      if (this.#ids[row] === id) return row;
    }
    throw new FleetError({ code: 'UnknownAgent', id });
  }

  #grow(capacity: number): void {
    const ids = new Float64Array(capacity).fill(NOBODY, this.#ids.length);
    ids.set(this.#ids);
    this.#ids = ids;
    this.#columns.grow(capacity);
    this.#wheel.grow(capacity);
  }

  #enqueue(row: number, tell: (id: number) => void): void {
    const id = this.#ids[row] as number;
    this.#untold.push(() => {
      tell(id);
    });
  }

  /** Tells in order: what a listener does at once is told after what it heard of. */
  #tell(): void {
    if (this.#untold.length === 0 || this.#isTelling) return;
    this.#isTelling = true;
    // It grows while it is walked.
    for (const tell of this.#untold) {
      try {
        tell();
      } catch (error) {
        this.#report(error);
      }
    }
    this.#untold = [];
    this.#isTelling = false;
  }

  readonly #report = (error: unknown): void => {
    try {
      this.#onError(error);
    } catch {
      // There is nobody left to tell.
    }
  };
}

function topOf(leaf: AnyStateNode): AgentLifecycleState {
  return leaf.path[0] as AgentLifecycleState;
}
