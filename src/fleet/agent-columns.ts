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

  grow(capacity: number): void {
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
}

function longer<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
