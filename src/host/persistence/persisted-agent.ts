import {
  agentLifecycleChart,
  type agentLifecycleMachine,
} from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleActorRef } from '../../../machines/agent-lifecycle.machine.js';
import type { RestoredTimers } from '../../snapshot/restore-lifecycle.js';
import type { Clock } from '../../util/clock.js';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { InstanceEnd } from '../../values/restart-policy.js';
import type { AgentOccurrence, JournalEntry, JournalPast } from '../journal.js';
import type { DesiredAgentState } from './desired-state.js';

/** What an earlier host knew of an agent. */
export interface PersistedAgent {
  readonly goal: DesiredAgentState;
  readonly isCordoned: boolean;
  /** Of the instance that served. */
  readonly generation: number;
  /** Of the last instance, one that was to take the place of another among them. */
  readonly lastGeneration: number;
  /** The state, with its child, of its lifecycle. */
  readonly leaf: string;
  /** The lifecycle, not yet started, as it goes on from there. */
  readonly restore: RestoreActor;
  readonly journal: JournalPast;
}

/** Restores the actor of an agent, not yet started. */
export type RestoreActor = (
  machine: typeof agentLifecycleMachine,
  options: {
    readonly id: string;
    readonly clock: Clock;
    readonly now: () => number;
    /** `deadline` by default. */
    readonly timers?: RestoredTimers;
  },
) => AgentLifecycleActorRef;

/**
 * The ends for which the supervisor of an earlier host has given an agent up; null where it has not, or where there
 * was another instance since, or where the journal is kept no further back than that.
 */
export function exhaustedRestarts({ goal, journal }: PersistedAgent): readonly InstanceEnd[] | null {
  if (goal !== 'ended') return null;
  const last = journal.entries.findLast(({ type }) => type === 'gaveUp' || type === 'deployed');
  return last?.type === 'gaveUp' ? last.ends : null;
}

/** An instance that the end of its host has cut short, in the midst of something. */
export interface Interruption {
  readonly generation: number;
  readonly occurrence: AgentOccurrence & { readonly type: 'interrupted' };
}

/**
 * What was in flight when the host ended: in the instance that served, and in those beside it, one that was to take
 * its place or one that it had replaced.
 */
export function interruptedOperations({
  generation,
  leaf,
  journal,
}: PersistedAgent): readonly Interruption[] {
  const states = lastStatesIn(journal.entries);
  // Its journal may be kept no further back than its last change of state.
  if (!states.has(generation)) states.set(generation, leaf);
  return [...states]
    .filter(([, state]) => isBusy(state))
    .sort(([one], [other]) => one - other)
    .map(([each, state]) => ({
      generation: each,
      occurrence: {
        type: 'interrupted',
        state,
        operation: agentLifecycleChart.leaves.get(state) ?? null,
      },
    }));
}

/** By generation, of those that no earlier host has left behind. */
function lastStatesIn(entries: readonly JournalEntry[]): Map<number, string> {
  const states = new Map<number, string>();
  for (const entry of entries) {
    if (entry.type === 'transition') states.set(entry.generation, entry.to);
    else if (entry.type === 'interrupted') states.delete(entry.generation);
  }
  return states;
}

/** Whether it carries out an operation, or requests. */
function isBusy(leaf: string): boolean {
  const operation = agentLifecycleChart.leaves.get(leaf);
  // A state of another version of the chart.
  if (operation === undefined) return false;
  const [top] = leaf.split('.') as [AgentLifecycleState];
  return operation !== null || agentLifecycleChart.hasTag(top, 'active');
}
