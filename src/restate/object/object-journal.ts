import * as z from 'zod/mini';
import type { AgentLifecycleEmitted } from '../../../machines/agent-lifecycle.types.js';

const whole = z.int().check(z.minimum(0));
const entry = { sequence: whole, at: z.number(), generation: whole };

/** What an agent's object tells of what has happened to it. */
const journalEntrySchema = z.discriminatedUnion('type', [
  z.strictObject({ ...entry, type: z.literal('deployed'), host: z.string(), versionNumber: whole }),
  z.strictObject({
    ...entry,
    type: z.literal('transition'),
    from: z.string(),
    to: z.string(),
    event: z.string(),
    failureReason: z.nullable(z.string()),
  }),
  z.strictObject({
    ...entry,
    type: z.literal('refusal'),
    event: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  /** An operation was begun, in the process of the host that `session` names. */
  z.strictObject({
    ...entry,
    type: z.literal('operation'),
    operation: z.string(),
    attempt: whole,
    session: z.string(),
  }),
  z.strictObject({ ...entry, type: z.literal('leaseLost'), of: whole }),
]);

/** `at` is milliseconds since 1970, by the clock of the machine that ran the step. */
export type ObjectJournalEntry = z.output<typeof journalEntrySchema>;

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
export type ObjectOccurrence = Without<ObjectJournalEntry, 'sequence' | 'at' | 'generation'>;

export const journalSchema = z.array(journalEntrySchema);

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
