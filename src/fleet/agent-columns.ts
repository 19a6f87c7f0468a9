import type { AgentName } from '../values/agent-name.js';
import type { FailureReason } from '../values/failure-reason.js';
import { UuidColumn } from './uuid-column.js';

/** The agents of a fleet as columns, 56 bytes a row; a name or a reason, which few have, lies apart. */
export class AgentColumns {
  readonly agentId = new UuidColumn();
  readonly version = new UuidColumn();
  readonly agentName = new Map<number, AgentName>();
  readonly failureReason = new Map<number, FailureReason>();
  leaf = new Uint8Array(0);
  previousState = new Uint8Array(0);
  operation = new Uint8Array(0);
  forced = new Uint8Array(0);
  pendingRequests = new Uint16Array(0);
  capacity = new Uint16Array(0);
  versionNumber = new Float64Array(0);
  transitionTimeout = new Uint32Array(0);
  drainTimeout = new Uint32Array(0);
  /** A row of nobody, behind the last. */
  #spare = 0;

  /** Makes room for so many rows. */
  grow(rows: number): void {
    this.#spare = rows;
    const length = rows + 1;
    this.agentId.grow(length);
    this.version.grow(length);
    this.leaf = longer(this.leaf, new Uint8Array(length));
    this.previousState = longer(this.previousState, new Uint8Array(length));
    this.operation = longer(this.operation, new Uint8Array(length));
    this.forced = longer(this.forced, new Uint8Array(length));
    this.pendingRequests = longer(this.pendingRequests, new Uint16Array(length));
    this.capacity = longer(this.capacity, new Uint16Array(length));
    this.versionNumber = longer(this.versionNumber, new Float64Array(length));
    this.transitionTimeout = longer(this.transitionTimeout, new Uint32Array(length));
    this.drainTimeout = longer(this.drainTimeout, new Uint32Array(length));
  }

  /** Notes a row as it is, but for its identity, which stays what it is; in the place of the one that was noted before. */
  keep(row: number): void {
    this.#copy(row, this.#spare);
  }

  /** Makes a row again what it was when it was noted. */
  putBack(row: number): void {
    this.#copy(this.#spare, row);
  }

  clear(row: number): void {
    this.agentName.delete(row);
    this.failureReason.delete(row);
  }

  #copy(from: number, to: number): void {
    copyRare(this.agentName, from, to);
    copyRare(this.failureReason, from, to);
    this.leaf[to] = this.leaf[from] as number;
    this.previousState[to] = this.previousState[from] as number;
    this.operation[to] = this.operation[from] as number;
    this.forced[to] = this.forced[from] as number;
    this.pendingRequests[to] = this.pendingRequests[from] as number;
    this.capacity[to] = this.capacity[from] as number;
    this.versionNumber[to] = this.versionNumber[from] as number;
    this.transitionTimeout[to] = this.transitionTimeout[from] as number;
    this.drainTimeout[to] = this.drainTimeout[from] as number;
  }
}

function longer<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

function copyRare<Value>(column: Map<number, Value>, from: number, to: number): void {
  if (column.size === 0) return;
  const value = column.get(from);
  if (value === undefined) column.delete(to);
  else column.set(to, value);
}
