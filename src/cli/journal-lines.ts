import type { JournalEntryAnswer } from './host-answers.js';
import { alignRow } from './table.js';

/** Known beforehand, so that what is followed stays aligned. */
const WIDTHS = [8, 24, 10, 16];

export const journalHead = alignRow(['SEQUENCE', 'AT', 'GENERATION', 'WHAT', 'DETAILS'], WIDTHS);

/** An entry of a journal for people. Entries of a kind that a newer host may have are shown as any others. */
export function journalLine({ sequence, at, generation, type, ...details }: JournalEntryAnswer): string {
  const cells = [String(sequence), new Date(at).toISOString(), String(generation), type];
  return alignRow([...cells, Object.entries(details).map(detailText).join(' ')], WIDTHS);
}

function detailText([name, value]: [string, unknown]): string {
  return `${name}=${JSON.stringify(value)}`;
}
