import type { AgentView, DrainReportView } from './agent-view.js';
import type { JournalEntryView } from './journal-entry.js';

// Texts for people, of the page and of the command.

/** A journal entry as a sentence. One that is not known, as a newer host may have, is shown with its fields. */
export function entryText(entry: JournalEntryView): string {
  switch (entry.type) {
    case 'deployed':
      return `deployed, version ${String(entry['versionNumber'])} (${String(entry['version'])})`;
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
    case 'drained':
      return isDrainReport(entry['report']) ? drainText(entry['report']) : fieldsText(entry);
    case 'restartScheduled':
      return `to be restarted in ${String(entry['delay'])} ms: ${textOr(entry['reason'], 'it has ended')}`;
    case 'restarted':
      return `restarted, generation ${entry.generation}`;
    case 'restartCancelled':
      return 'not to be restarted any more';
    case 'gaveUp':
      return Array.isArray(entry['ends']) ? gaveUpText(entry['ends']) : fieldsText(entry);
    case 'swapped':
      return `generation ${entry.generation} has taken over from ${String(entry['from'])}`;
    case 'swapFailed':
      return `the new version did not take over: ${String(entry['reason'])}`;
    case 'fenced':
      return `replaced by generation ${String(entry['current'])}`;
    case 'interrupted':
      return `interrupted by the end of its host: it was ${String(entry['state'])}`;
    default:
      return fieldsText(entry);
  }
}

function isDrainReport(value: unknown): value is DrainReportView {
  const {
    handedOver = [],
    aborted,
    abandoned,
    durations,
  } = Object(value) as Partial<Record<string, unknown>>;
  return [handedOver, aborted, abandoned].every(Array.isArray) && durations instanceof Object;
}

function gaveUpText(ends: readonly unknown[]): string {
  const reasons = ends.map((end) => textOr((Object(end) as { reason?: unknown }).reason, 'success'));
  return `given up after ${ends.length} ends: ${reasons.join('; ')}`;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function fieldsText(entry: JournalEntryView): string {
  const { type, sequence: _, at: __, generation: ___, agent: ____, ...details } = entry;
  return Object.keys(details).length === 0 ? type : `${type} ${JSON.stringify(details)}`;
}

/** How a drain has ended. */
export function drainText(report: DrainReportView): string {
  const { completed, handedOver = [], aborted, abandoned, forced, durations } = report;
  const requests = [
    `${completed} completed`,
    ...(handedOver.length === 0 ? [] : [`${handedOver.length} handed over`]),
    `${aborted.length} aborted`,
    `${abandoned.length} abandoned`,
  ];
  return `${forced ? 'forced' : 'drained'} in ${durations.total} ms: ${requests.join(', ')}`;
}

/** The dependencies that an agent waits for; null when there are none. */
export function waitsText({ waitsFor }: Pick<AgentView, 'waitsFor'>): string | null {
  return waitsFor.length === 0 ? null : `waits for ${waitsFor.join(', ')}`;
}

/** The requests that stream, and those that wait for a place; null when there are none. */
export function requestsText({ requests }: Pick<AgentView, 'requests'>): string | null {
  const { streaming = 0, queued = 0 } = requests ?? {};
  const counts = [
    streaming === 0 ? [] : `${streaming} streaming`,
    queued === 0 ? [] : `${queued} queued`,
  ].flat();
  return counts.length === 0 ? null : counts.join(', ');
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
