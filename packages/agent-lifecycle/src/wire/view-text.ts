import type { AgentView } from './agent-view.js';
import type { JournalEntryView } from './journal-entry.js';

// Texts for people, of the page and of the command.

/** A journal entry as a sentence. One of an unknown type, as a newer host may have, is shown with its fields. */
export function entryText(entry: JournalEntryView): string {
  switch (entry.type) {
    case 'transition': {
      const cause = typeof entry['event'] === 'string' ? ` by ${entry['event']}` : '';
      const reason = typeof entry['failureReason'] === 'string' ? `: ${entry['failureReason']}` : '';
      return `${String(entry['from'])} → ${String(entry['to'])}${cause}${reason}`;
    }
    case 'refusal':
      return `refused ${String(entry['event'])}: ${String(entry['message'])}`;
    case 'operation':
      return `${String(entry['operation'])} ${String(entry['outcome'])} after ${String(entry['duration'])} ms`;
    case 'notice':
      return String(entry['message']);
    default: {
      const { type, sequence: _, at: __, generation: ___, agent: ____, ...details } = entry;
      return `${type} ${Object.keys(details).length === 0 ? '' : JSON.stringify(details)}`;
    }
  }
}

/** The dependencies that an agent waits for; null when there are none. */
export function waitsText({ waitsFor }: Pick<AgentView, 'waitsFor'>): string | null {
  return waitsFor.length === 0 ? null : `waits for ${waitsFor.join(', ')}`;
}

const PHASES: Readonly<Record<string, string>> = {
  comingUp: 'is coming up',
  replaced: 'has taken over, the one before drains',
  abandoned: 'is given up',
};

/** The progress of a swap; null when there is none. */
export function swapText({ swapUnderWay: swap }: Pick<AgentView, 'swapUnderWay'>): string | null {
  return swap === null ? null : `version ${swap.versionNumber} ${PHASES[swap.phase] ?? swap.phase}`;
}
