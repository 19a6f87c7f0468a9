import type { AnyStateMachine } from 'xstate';
import type {
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentOperationInput,
} from '../../machines/agent-lifecycle.types.js';
import type { AgentColumns } from './agent-columns.js';
import { AgentCursor } from './agent-cursor.js';
import { readTables, type Leaf } from './chart-tables.js';
import { unsupported, type Program } from './program.js';

interface Event {
  readonly type: string;
}

/** What comes of events besides the next state of a row. */
export interface EngineEffects {
  onEmitted(row: number, event: AgentLifecycleEmitted): void;
  /** An operation is to be carried out. */
  onOperation(row: number, input: () => AgentOperationInput): void;
  /** @param delay in milliseconds */
  arm(row: number, delay: number, event: string): void;
  cancel(row: number, event: string): void;
}

/** Runs a chart on the rows of some columns. What is decided and computed, the machine's own functions do. */
export class ChartEngine {
  readonly #machine: AnyStateMachine;
  readonly #begin: Program;
  readonly #leaves: readonly Leaf[];
  readonly #columns: AgentColumns;
  readonly #cursor: AgentCursor;
  readonly #args: { readonly context: AgentLifecycleContext; event: Event; readonly spawn: () => never };

  /** @throws {FleetError} `UnsupportedChart` */
  constructor(machine: AnyStateMachine, columns: AgentColumns, effects: EngineEffects) {
    this.#machine = machine;
    this.#columns = columns;
    this.#cursor = new AgentCursor(columns);
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
        effects.onOperation(cursor.row, input as () => AgentOperationInput);
      },
    });
    this.#begin = tables.begin;
    this.#leaves = tables.leaves;
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
    const initial = context({ input, spawn: refuseToSpawn });
    this.#select(row, { type: 'xstate.init' });
    this.#cursor.write(initial);
    this.#run(row, this.#begin);
    this.#settle(row);
  }

  /** Where an agent is, and what is known of it. */
  contextOf(row: number): AgentLifecycleContext {
    this.#cursor.select(row);
    return { ...this.#cursor.context };
  }

  /** Puts an agent where it is said to be. */
  place(row: number, leaf: Leaf, context: AgentLifecycleContext): void {
    this.#cursor.select(row);
    this.#cursor.write(context);
    this.#columns.leaf[row] = this.#leaves.indexOf(leaf);
  }

  /** Takes an event. An agent that has ended takes none: false. */
  take(row: number, event: Event): boolean {
    const leaf = this.leafOf(row);
    this.#select(row, event);
    const { fused, programs } = leaf.reactions.to(event.type);
    if (fused?.() === true) return true;
    if (leaf.isFinal) return false;
    this.#runFirst(row, programs);
    this.#settle(row);
    return true;
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
      if (always.length === 0 || !this.#runFirst(row, always)) return;
    }
  }

  /** Runs the first program whose guard holds, if one does. */
  #runFirst(row: number, programs: readonly Program[]): boolean {
    for (const program of programs) {
      if (program.guard !== null && !program.guard()) continue;
      this.#run(row, program);
      return true;
    }
    return false;
  }

  #run(row: number, { steps, target }: Program): void {
    for (const step of steps) step();
    if (target !== null) this.#columns.leaf[row] = target;
  }
}

function refuseToSpawn(): never {
  throw unsupported('an actor that is spawned');
}
