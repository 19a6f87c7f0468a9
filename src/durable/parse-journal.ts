import * as z from 'zod/mini';
import type { JournalEntry } from '../host/journal.js';
import { damageIn } from './damage.js';
import type { JournalLine } from './snapshot-store.js';

const sequence = z.int().check(z.minimum(1));
const linesSchema = z.array(
  z
    .object({
      sequence,
      value: z.looseObject({
        sequence,
        at: z.number(),
        generation: z.int().check(z.minimum(1)),
        type: z.string(),
      }),
    })
    .check(({ value, issues }) => {
      if (value.sequence === value.value.sequence) return;
      const message = `is the entry ${value.value.sequence}, expected ${value.sequence}`;
      issues.push({ code: 'custom', message, path: ['value', 'sequence'], input: value });
    }),
);

/**
 * Reads the entries of a journal. What belongs to an entry of its type is taken as it is: nothing but its readers
 * depends on that, and a newer host may have written entries of another type.
 *
 * @throws {PersistenceError} `Damaged`
 */
export function parseJournal(agent: string, lines: readonly JournalLine[]): readonly JournalEntry[] {
  const parsed = z.safeParse(linesSchema, lines, { reportInput: true });
  if (!parsed.success) throw damageIn(`The journal of the agent ${JSON.stringify(agent)}`, parsed.error);
  return parsed.data.map(({ value }) => value as unknown as JournalEntry);
}
