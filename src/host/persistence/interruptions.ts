import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState } from '../../values/lifecycle-states.js';
import type { AgentPast } from './host-memory.js';
import type { AgentOccurrence, JournalEntry } from '../journal.js';

/** An incarnation that the end of its host has cut short, in the midst of something. */
export interface Interruption {
  readonly generation: number;
  readonly occurrence: AgentOccurrence & { readonly type: 'interrupted' };
}

/**
 * What was in flight when the host ended: in the incarnation that served, and in those beside it, one that was to take
 * its place or one that it had replaced.
 */
export function interruptionsIn({ generation, leaf, journal }: AgentPast): readonly Interruption[] {
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
