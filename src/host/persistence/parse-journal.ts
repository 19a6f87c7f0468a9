import * as z from 'zod/mini';
import type { JournalEntry } from '../journal.js';
import { damageIn } from '../../snapshot/damage.js';
import type { JournalLine } from './snapshot-store.js';

const sequence = z.int().check(z.minimum(1));
const generation = z.int().check(z.minimum(1));
/** Of an entry `gaveUp`. */
const endsSchema = z.array(
  z.object({ generation, reason: z.nullable(z.string()), upFor: z.number().check(z.minimum(0)) }),
);
const linesSchema = z
  .array(
    z
      .object({
        sequence,
        value: z.looseObject({
          sequence,
          at: z.number(),
          generation,
          type: z.string(),
        }),
      })
      .check(({ value: { sequence: expected, value }, issues }) => {
        if (expected !== value.sequence) {
          const message = `is the entry ${value.sequence}, expected ${expected}`;
          issues.push({ code: 'custom', message, path: ['value', 'sequence'], input: value });
        }
        if (value.type === 'gaveUp' && !z.safeParse(endsSchema, value['ends']).success) {
          const message = 'are not the ends of instances';
          issues.push({ code: 'custom', message, path: ['value', 'ends'], input: value });
        }
      }),
  )
  .check(({ value: lines, issues }) => {
    const [first] = lines;
    const index = lines.findIndex(({ sequence }, place) => sequence !== Number(first?.sequence) + place);
    if (index < 0) return;
    const message = `expected ${Number(first?.sequence) + index}, received ${String(lines[index]?.sequence)}`;
    issues.push({ code: 'custom', message, path: [index, 'sequence'], input: lines });
  });

/**
 * Reads the entries of a journal. What belongs to an entry of its type is taken as it is, but for the ends for which an
 * agent was given up: nothing else but its readers depends on that, and a newer host may have written entries of another type.
 *
 * @throws {PersistenceError} `Damaged`
 */
export function parseJournal(agent: string, lines: readonly JournalLine[]): readonly JournalEntry[] {
  const parsed = z.safeParse(linesSchema, lines, { reportInput: true });
  if (!parsed.success) throw damageIn(`The journal of the agent ${JSON.stringify(agent)}`, parsed.error);
  return parsed.data.map(({ value }) => value as unknown as JournalEntry);
}
