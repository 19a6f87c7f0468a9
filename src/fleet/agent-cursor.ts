import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState, AgentOperation } from '../values/lifecycle-states.js';
import type { AgentLifecycleContext } from '../../machines/agent-lifecycle.types.js';
import type { AgentId } from '../values/agent-id.js';
import type { AgentVersion } from '../values/agent-version.js';
import { Capacity } from '../values/capacity.js';
import type { DrainTimeout } from '../values/drain-timeout.js';
import { PendingRequestCount } from '../values/pending-request-count.js';
import type { TransitionTimeout } from '../values/transition-timeout.js';
import type { VersionNumber } from '../values/version-number.js';
import type { AgentColumns } from './agent-columns.js';

type Context = AgentLifecycleContext;
type Key = keyof Context;

const STATES: readonly (AgentLifecycleState | null)[] = [null, ...agentLifecycleChart.states];
const MAX_PENDING = PendingRequestCount.max;
const OPERATIONS: readonly (AgentOperation | null)[] = [null, ...agentLifecycleChart.operations];

type Readers = { readonly [Name in Key]: (this: AgentCursor) => Context[Name] };
type Writers = { readonly [Name in Key]: (cursor: AgentCursor, value: Context[Name]) => void };

/** The context of one row of some columns, whichever is selected. Its own keys are those of a context. */
export class AgentCursor {
  readonly #columns: AgentColumns;
  #row = 0;

  constructor(columns: AgentColumns) {
    this.#columns = columns;
    // Of one kind, whichever object they are defined on: an engine reads them as fast as plain fields.
    for (const [key, get] of Object.entries(AgentCursor.#readers)) {
      Object.defineProperty(this, key, { get, enumerable: true });
    }
  }

  /** As the machine's functions see it. */
  get context(): Context {
    return this as unknown as Context;
  }

  get row(): number {
    return this.#row;
  }

  select(row: number): void {
    this.#row = row;
  }

  /** Puts the row's agent into a leaf. */
  place(leaf: number): void {
    this.#columns.leaf[this.#row] = leaf;
  }

  /** Writes a whole context into the row. */
  write(context: Context): void {
    const { writers } = AgentCursor;
    writers.agentId(this, context.agentId);
    writers.agentName(this, context.agentName);
    writers.version(this, context.version);
    writers.versionNumber(this, context.versionNumber);
    writers.transitionTimeout(this, context.transitionTimeout);
    writers.drainTimeout(this, context.drainTimeout);
    writers.capacity(this, context.capacity);
    writers.previousState(this, context.previousState);
    writers.pendingRequests(this, context.pendingRequests);
    writers.failureReason(this, context.failureReason);
    writers.operation(this, context.operation);
    writers.forced(this, context.forced);
  }

  static readonly #readers: Readers = {
    agentId() {
      return this.#columns.agentId.read(this.#row) as AgentId;
    },
    agentName() {
      return this.#columns.agentName.get(this.#row) ?? null;
    },
    version() {
      return this.#columns.version.read(this.#row) as AgentVersion;
    },
    versionNumber() {
      return this.#columns.versionNumber[this.#row] as VersionNumber;
    },
    transitionTimeout() {
      return this.#columns.transitionTimeout[this.#row] as TransitionTimeout;
    },
    drainTimeout() {
      return this.#columns.drainTimeout[this.#row] as DrainTimeout;
    },
    capacity() {
      return this.#columns.capacity[this.#row] as Capacity;
    },
    previousState() {
      return STATES[this.#columns.previousState[this.#row] as number] as AgentLifecycleState | null;
    },
    pendingRequests() {
      return this.#columns.pendingRequests[this.#row] as PendingRequestCount;
    },
    failureReason() {
      return this.#columns.failureReason.get(this.#row) ?? null;
    },
    operation() {
      return OPERATIONS[this.#columns.operation[this.#row] as number] as AgentOperation | null;
    },
    forced() {
      return this.#columns.forced[this.#row] === 1;
    },
  };

  /** What writes each key of the context into the row. */
  static readonly writers: Writers = {
    agentId: (cursor, value) => {
      cursor.#columns.agentId.write(cursor.#row, value);
    },
    agentName: (cursor, value) => {
      writeRare(cursor.#columns.agentName, cursor.#row, value);
    },
    version: (cursor, value) => {
      cursor.#columns.version.write(cursor.#row, value);
    },
    versionNumber: (cursor, value) => {
      cursor.#columns.versionNumber[cursor.#row] = value;
    },
    transitionTimeout: (cursor, value) => {
      cursor.#columns.transitionTimeout[cursor.#row] = value;
    },
    drainTimeout: (cursor, value) => {
      cursor.#columns.drainTimeout[cursor.#row] = value;
    },
    capacity: (cursor, value) => {
      // An assigner of the user's own may come to any number.
      cursor.#columns.capacity[cursor.#row] = Capacity.parse(value);
    },
    previousState: (cursor, value) => {
      cursor.#columns.previousState[cursor.#row] = STATES.indexOf(value);
    },
    pendingRequests: (cursor, value) => {
      const isInRange = value >= 0 && value <= MAX_PENDING;
      // An assigner of the user's own may come to any number.
      cursor.#columns.pendingRequests[cursor.#row] = isInRange ? value : PendingRequestCount.parse(value);
    },
    failureReason: (cursor, value) => {
      writeRare(cursor.#columns.failureReason, cursor.#row, value);
    },
    operation: (cursor, value) => {
      cursor.#columns.operation[cursor.#row] = OPERATIONS.indexOf(value);
    },
    forced: (cursor, value) => {
      cursor.#columns.forced[cursor.#row] = value ? 1 : 0;
    },
  };
}

function writeRare<Value>(column: Map<number, Value>, row: number, value: Value | null): void {
  if (value !== null) column.set(row, value);
  else if (column.size > 0) column.delete(row);
}
