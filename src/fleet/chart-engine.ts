import type { AnyStateMachine } from 'xstate';
import type {
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentOperationInput,
} from '../../machines/agent-lifecycle.types.js';
import type { AgentColumns } from './agent-columns.js';
import { AgentCursor } from './agent-cursor.js';
import type { Counting } from './counting.js';
import { readTables, type Leaf } from './chart-tables.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { FleetError } from './fleet-error.js';
import type { Program } from './program.js';
import { inState, unsupported } from './step.js';

interface Event {
  readonly type: string;
}

/** What an event has come to: to a change of the context and nothing else; or to all that it may; or the agent has ended. */
export type Taken = 'counted' | 'taken' | 'ended';

/** What comes of events besides the next state of a row. */
export interface EngineEffects {
  onEmitted(row: number, event: AgentLifecycleEmitted): void;
  /** An operation is to be carried out. Null where nobody carries any out. */
  readonly onOperation: ((row: number, input: AgentOperationInput) => void) | null;
  /** @param delay in milliseconds */
  arm(row: number, delay: number, event: string): void;
  cancel(row: number, event: string): void;
  /** A transition of a row begins. */
  keep(row: number): void;
  /** It has failed: what has come of it since is to be as if it had not. */
  putBack(row: number): void;
}

/** Runs a chart on the rows of some columns. What is decided and computed, the machine's own functions do. */
export class ChartEngine {
  readonly #machine: AnyStateMachine;
  readonly #begin: Program;
  readonly #leaves: readonly Leaf[];
  readonly #counting: Counting;
  readonly #columns: AgentColumns;
  readonly #cursor: AgentCursor;
  /** Reads a row while another is dealt with. */
  readonly #reader: AgentCursor;
  readonly #effects: EngineEffects;
  #isTaking = false;
  readonly #args: { readonly context: AgentLifecycleContext; event: Event; readonly spawn: () => never };

  /** @throws {FleetError} `UnsupportedChart` */
  constructor(machine: AnyStateMachine, columns: AgentColumns, effects: EngineEffects) {
    this.#machine = machine;
    this.#columns = columns;
    this.#effects = effects;
    this.#cursor = new AgentCursor(columns);
    this.#reader = new AgentCursor(columns);
    this.#args = { context: this.#cursor.context, event: { type: '' }, spawn: refuseToSpawn };
    const cursor = this.#cursor;
    const tables = readTables({
      machine,
      args: this.#args,
      cursor,
      emit: (event) => {
        effects.onEmitted(cursor.row, event as AgentLifecycleEmitted);
      },
      arm: (delay, event) => {
        effects.arm(cursor.row, delay, event);
      },
      cancel: (event) => {
        effects.cancel(cursor.row, event);
      },
      begin: (input) => {
        effects.onOperation?.(cursor.row, input() as AgentOperationInput);
      },
    });
    this.#begin = tables.begin;
    this.#leaves = tables.leaves;
    this.#counting = tables.counting;
  }

  get leaves(): readonly Leaf[] {
    return this.#leaves;
  }

  leafOf(row: number): Leaf {
    return this.#leaves[this.#columns.leaf[row] as number] as Leaf;
  }

  /** Makes a row a new agent. @throws what the machine throws of an input that is not what it should be */
  begin(row: number, input: unknown): void {
    const { context } = this.#machine.config as { context: (args: object) => AgentLifecycleContext };
    this.expectIdle();
    this.#isTaking = true;
    try {
      const initial = context({ input, spawn: refuseToSpawn });
      this.#select(row, { type: 'xstate.init' });
      checkKeys(initial);
      this.#cursor.write(initial);
      this.#runWhole(row, [this.#begin]);
    } catch (error) {
      throw inState(this.#machine.root, error);
    } finally {
      this.#isTaking = false;
    }
  }

  /** Where an agent is, and what is known of it. */
  contextOf(row: number): AgentLifecycleContext {
    this.#reader.select(row);
    return { ...this.#reader.context };
  }

  /** Puts an agent where it is said to be. */
  place(row: number, leaf: Leaf, context: AgentLifecycleContext): void {
    this.#cursor.select(row);
    this.#cursor.write(context);
    this.#columns.leaf[row] = this.#leaves.indexOf(leaf);
  }

  /**
   * Takes an event.
   *
   * @throws what a function of the machine's throws; the row is then as it was. @throws {FleetError} `InTransition`
   * @throws {InvalidValueError} for what is no event
   */
  take(row: number, event: Event): Taken {
    this.expectIdle();
    this.#isTaking = true;
    try {
      return this.#take(row, event);
    } finally {
      this.#isTaking = false;
    }
  }

  /** @throws {FleetError} `InTransition` for who is called in the midst of a transition */
  expectIdle(): void {
    if (this.#isTaking) throw new FleetError({ code: 'InTransition' });
  }

  #take(row: number, event: Event): Taken {
    this.#select(row, event);
    const type = (event as Event | undefined)?.type as string;
    if (this.#counting(this.#columns.leaf[row] as number, type)) return 'counted';
    const leaf = this.leafOf(row);
    if (leaf.isFinal) return 'ended';
    // What is in the tables is an event.
    if (!isEvent(event)) {
      throw new InvalidValueError({ field: 'event', expected: 'an object with a type', received: event });
    }
    this.#runWhole(row, leaf.reactions.to(type));
    return 'taken';
  }

  /** Runs a program, and eventless ones: all of it with all that comes of it, or nothing where a function throws. */
  #runWhole(row: number, programs: readonly Program[]): void {
    this.#columns.keep(row);
    this.#effects.keep(row);
    try {
      takeFirst(programs);
      this.#settle(row);
    } catch (error) {
      this.#columns.putBack(row);
      this.#effects.putBack(row);
      throw inState(this.leafOf(row).node, error);
    }
  }

  /** Takes the event of the deadline that a row has in the state where it is. */
  expire(row: number): void {
    const { deadline } = this.leafOf(row);
    if (deadline !== null) this.take(row, { type: deadline });
  }

  #select(row: number, event: Event): void {
    this.#cursor.select(row);
    this.#args.event = event;
  }

  /** Takes eventless transitions until none of them holds. */
  #settle(row: number): void {
    for (;;) {
      const { always } = this.leafOf(row);
      if (always.length === 0 || !takeFirst(always)) return;
    }
  }
}

/** Takes the first transition whose guard holds, if one does. */
function takeFirst(programs: readonly Program[]): boolean {
  for (const program of programs) if (program.take()) return true;
  return false;
}

/** A fleet has a column for each key of the lifecycle's context, and for no other. */
function checkKeys(context: object): void {
  for (const key in context) if (!(key in AgentCursor.writers)) throw unsupported(`a context with ${key}`);
  for (const key in AgentCursor.writers) if (!(key in context)) throw unsupported(`a context without ${key}`);
}

function refuseToSpawn(): never {
  throw unsupported('an actor that is spawned');
}

function isEvent(event: unknown): boolean {
  return typeof event === 'object' && event !== null && typeof (event as Event).type === 'string';
}
