import * as z from 'zod';

/** The largest time value of a `Date`. */
const MAX_TIME = 8.64e15;

/** A journal entry as the HTTP API and a record show it. Each type of entry has further fields, which are kept. */
export const journalEntrySchema = z.looseObject({
  type: z.string(),
  /** Counts the entries of an agent, from 1. */
  sequence: z.int().min(1),
  /** Milliseconds since 1970. */
  at: z.number().min(-MAX_TIME).max(MAX_TIME),
  generation: z.int().min(1),
});

/** A line of a record: an entry with the name of its agent. */
export const recordedEntrySchema = journalEntrySchema.extend({ agent: z.string() });

export type JournalEntryView = z.output<typeof journalEntrySchema>;
export type RecordedEntry = z.output<typeof recordedEntrySchema>;
