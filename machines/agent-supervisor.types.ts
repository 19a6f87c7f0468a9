import type { InstanceEnd, RestartPolicy, RestartPolicyInput } from '../src/values/restart-policy.js';
import type { AgentFinalState } from '../src/values/lifecycle-states.js';

/** The input of the machine. @see parseRestartPolicy for the defaults */
export interface AgentSupervisorInput {
  readonly restart: RestartPolicyInput;
}

/** JSON only: times and random numbers come with the events. */
export interface AgentSupervisorContext {
  readonly restart: RestartPolicy;
  /** The number of the supervised instance; 0 before the first. Reports of any other are discarded. */
  readonly generation: number;
  /** The ends that still count, the last one last. */
  readonly ends: readonly InstanceEnd[];
  /** Milliseconds to wait before the restart. */
  readonly delay: number;
}

/** What can be sent to a supervisor. */
export type AgentSupervisorEvent =
  /** The agent is to run, and to go on running as its policy says. */
  | { readonly type: 'operator.start' }
  /** The agent is to end: it is not restarted. */
  | { readonly type: 'operator.stop' }
  | { readonly type: 'operator.remove' }
  /** A new instance has replaced the one before. */
  | { readonly type: 'instance.started'; readonly generation: number }
  | InstanceEnded;

/** The end of an instance, as its host reports it. */
export interface InstanceEnded {
  readonly type: 'instance.ended';
  readonly generation: number;
  readonly state: AgentFinalState;
  readonly failureReason: string | null;
  /** Milliseconds for which it was running. */
  readonly upFor: number;
  /** From 0 to 1: the jitter of the delay. */
  readonly random: number;
}

/** What a supervisor emits. */
export type AgentSupervisorEmitted =
  /** The agent will be restarted after a delay, in milliseconds. */
  | { readonly type: 'restart.scheduled'; readonly delay: number; readonly end: InstanceEnd }
  /** A new instance is to be brought up now. */
  | { readonly type: 'restart.due' }
  /** The agent has ended too often and is not restarted. */
  | { readonly type: 'restart.abandoned'; readonly ends: readonly InstanceEnd[] }
  /** A report of an earlier instance, which was discarded. */
  | { readonly type: 'instance.fenced'; readonly generation: number; readonly current: number };

/** The tags of its states. */
export type AgentSupervisorTag = 'wanted' | 'terminal';
