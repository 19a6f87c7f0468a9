import type { IncarnationEnd, RestartPolicy, RestartPolicyInput } from '../src/values/restart-policy.js';
import type { AgentFinalState } from '../src/values/lifecycle-states.js';

/** The input of the machine. @see parseRestartPolicy for the defaults */
export interface AgentSupervisorInput {
  readonly restart: RestartPolicyInput;
}

/** JSON only: what time it is, and chance, come with the events. */
export interface AgentSupervisorContext {
  readonly restart: RestartPolicy;
  /** Of the incarnation that counts; 0 before the first. Results of any other are discarded. */
  readonly generation: number;
  /** The ends that still count, the last one last. */
  readonly ends: readonly IncarnationEnd[];
  /** Milliseconds that are waited before the restart. */
  readonly delay: number;
}

export type AgentSupervisorEvent =
  /** The agent is to run, and to go on running as its policy says. */
  | { readonly type: 'operator.start' }
  /** The agent is to end: it is not restarted. */
  | { readonly type: 'operator.stop' }
  | { readonly type: 'operator.remove' }
  /** A new incarnation has taken the place of the one before. */
  | { readonly type: 'incarnation.started'; readonly generation: number }
  | IncarnationEnded;

export interface IncarnationEnded {
  readonly type: 'incarnation.ended';
  readonly generation: number;
  readonly state: AgentFinalState;
  readonly failureReason: string | null;
  /** Milliseconds that it had been running. */
  readonly upFor: number;
  /** From 0 to 1: the jitter of the delay. */
  readonly random: number;
}

export type AgentSupervisorEmitted =
  /** The agent will be restarted after a delay, in milliseconds. */
  | { readonly type: 'restart.scheduled'; readonly delay: number; readonly end: IncarnationEnd }
  /** A new incarnation is to be brought up now. */
  | { readonly type: 'restart.due' }
  /** The agent has ended too often, for these reasons. */
  | { readonly type: 'restart.abandoned'; readonly ends: readonly IncarnationEnd[] }
  /** A result of an incarnation that does not count any more. */
  | { readonly type: 'incarnation.fenced'; readonly generation: number; readonly current: number };

export type AgentSupervisorTag = 'wanted' | 'terminal';
