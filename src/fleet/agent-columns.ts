import type { AgentName } from '../domain/agent-name.js';
import type { FailureReason } from '../domain/failure-reason.js';
import { UuidColumn } from './uuid-column.js';

/** The agents of a fleet as columns, 58 bytes a row; a name or a reason, which few have, lies apart. */
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
  versionNumber = new Float64Array(0);
  transitionTimeout = new Uint32Array(0);
  drainTimeout = new Uint32Array(0);
  /** A row of nobody, behind the last. */
  #spare = 0;

  /** Makes room for so many rows. */
  grow(rows: number): void {
    this.#spare = rows;
    const capacity = rows + 1;
    this.agentId.grow(capacity);
    this.version.grow(capacity);
    this.leaf = longer(this.leaf, new Uint8Array(capacity));
    this.previousState = longer(this.previousState, new Uint8Array(capacity));
    this.operation = longer(this.operation, new Uint8Array(capacity));
    this.forced = longer(this.forced, new Uint8Array(capacity));
    this.pendingRequests = longer(this.pendingRequests, new Uint16Array(capacity));
    this.versionNumber = longer(this.versionNumber, new Float64Array(capacity));
    this.transitionTimeout = longer(this.transitionTimeout, new Uint32Array(capacity));
    this.drainTimeout = longer(this.drainTimeout, new Uint32Array(capacity));
  }

  /** Notes a row as it is, in the place of the one that was noted before. */
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
    this.agentId.copy(from, to);
    this.version.copy(from, to);
    copyRare(this.agentName, from, to);
    copyRare(this.failureReason, from, to);
    copy(this.leaf, from, to);
    copy(this.previousState, from, to);
    copy(this.operation, from, to);
    copy(this.forced, from, to);
    copy(this.pendingRequests, from, to);
    copy(this.versionNumber, from, to);
    copy(this.transitionTimeout, from, to);
    copy(this.drainTimeout, from, to);
  }
}

function longer<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

function copy(column: Uint8Array | Uint16Array | Uint32Array | Float64Array, from: number, to: number): void {
  column[to] = column[from] as number;
}

function copyRare<Value>(column: Map<number, Value>, from: number, to: number): void {
  if (column.size === 0) return;
  const value = column.get(from);
  if (value === undefined) column.delete(to);
  else column.set(to, value);
}
