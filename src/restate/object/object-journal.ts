import type { AgentLifecycleEmitted } from '../../../machines/agent-lifecycle.types.js';
import type { ObjectJournalEntry } from '../wire/object-journal-entry.js';

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
export type ObjectOccurrence = Without<ObjectJournalEntry, 'sequence' | 'at' | 'generation'>;

/** Of a text in an entry. */
const MAX_TEXT = 1_000;
/** Of all entries as JSON: Restate carries what an object keeps in one message. */
const MAX_BYTES = 512 * 1024;

/** The journal with more entries; the oldest make room, and the newest stays whatever it takes. */
export function appended(
  entries: readonly ObjectJournalEntry[],
  occurrences: readonly ObjectOccurrence[],
  { at, generation, capacity }: { at: number; generation: number; capacity: number },
): ObjectJournalEntry[] {
  const last = entries.at(-1)?.sequence ?? 0;
  const added = occurrences.map((occurrence, index) => ({
    sequence: last + index + 1,
    at,
    generation,
    ...withCutTexts(occurrence),
  }));
  const kept = [...entries, ...added].slice(-capacity);
  let bytes = 0;
  const tooOld = kept.findLastIndex((each) => {
    bytes += Buffer.byteLength(JSON.stringify(each));
    return bytes > MAX_BYTES;
  });
  return kept.slice(Math.min(tooOld + 1, kept.length - 1));
}

function withCutTexts(occurrence: ObjectOccurrence): ObjectOccurrence {
  const cut = Object.entries(occurrence).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string' ? value.slice(0, MAX_TEXT).toWellFormed() : value,
  ]);
  return Object.fromEntries(cut) as ObjectOccurrence;
}

export function occurrenceOf(event: AgentLifecycleEmitted, failureReason: string | null): ObjectOccurrence {
  if (event.type === 'lifecycle.rejected') {
    const { code, message } = event.error;
    return { type: 'refusal', event: event.event.type, code, message };
  }
  return { type: 'transition', from: event.from, to: event.to, event: event.event.type, failureReason };
}
