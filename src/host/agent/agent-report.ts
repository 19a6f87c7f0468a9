import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { DrainReport } from '../requests/drain-report.js';
import type { CommandResult } from './command-result.js';

/** How an agent was left when its host had shut it down. */
export interface AgentReport {
  readonly name: string;
  readonly generation: number;
  readonly state: AgentLifecycleState;
  readonly failureReason: string | null;
  readonly abandonedRequests: number;
  readonly forced: boolean;
  /** The outcome of the requests in flight; null for an agent that was not drained or stopped while it ran. */
  readonly drain: DrainReport | null;
  /** The reports of earlier instances that were still ending. */
  readonly replaced: readonly AgentReport[];
}

/** The result of a drain. */
export interface DrainResult extends CommandResult {
  readonly report: DrainReport | null;
}

/** A timeout that is running. */
export interface RunningTimer {
  readonly delay: 'transitionTimeout' | 'drainTimeout';
  /** Milliseconds. */
  readonly total: number;
  /** Milliseconds. */
  readonly left: number;
}
