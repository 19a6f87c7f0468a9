import type { AgentView } from '../wire/agent-view.js';
import type { JournalEntryView } from '../wire/journal-entry.js';

/** An agent, with the time at which the page received it. */
export type PageAgent = AgentView & {
  /** On the page's clock: the time left of its timer is counted from then. */
  readonly receivedAt: number;
};

/** A transition of the chart, as an entry has it. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly event: string | null;
}

/** Null for an entry of another type. */
export function stepIn(entry: JournalEntryView | undefined): Step | null {
  if (entry?.type !== 'transition') return null;
  const { from, to, event } = entry;
  return { from: String(from), to: String(to), event: typeof event === 'string' ? event : null };
}
