import type { Entry } from './agent-model.js';

/** An entry of a journal for people. One of a kind that a newer host may have is shown with its fields. */
export function entryText(entry: Entry): string {
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
