import { entryText } from '../page/entry-text.js';
import { escapeControls } from './escape-controls.js';
import type { JournalEntryAnswer } from './host-answers.js';
import { alignRow } from './table.js';

/** Known beforehand, so that what is followed stays aligned. */
const WIDTHS = [5, 23, 3];
const INDENT = WIDTHS.reduce((sum, width) => sum + width + 2, 0);
/** Columns below which what has happened is left to the terminal to break. */
const MIN_TEXT = 20;

export const journalHead = alignRow(['SEQ', 'AT', 'GEN', 'WHAT'], WIDTHS);

/**
 * An entry of a journal for people, in local time. One of a kind that a newer host may have is shown with its fields.
 *
 * @param width columns that there are: what is longer goes on below its beginning; by default as many as it takes
 */
export function journalLine(entry: JournalEntryAnswer, width = Number.POSITIVE_INFINITY): string {
  const { sequence, at, generation } = entry;
  const [first = '', ...rest] = broken(escapeControls(entryText(entry)), width - INDENT);
  const line = alignRow([String(sequence), localTime(at), String(generation), first], WIDTHS);
  return [line, ...rest.map((text) => `${' '.repeat(INDENT)}${text}`)].join('\n');
}

function localTime(at: number): string {
  const time = new Date(at);
  return new Date(at - time.getTimezoneOffset() * 60_000).toISOString().slice(0, -1).replace('T', ' ');
}

/** A text in lines of so many characters: between words, where they are not longer than that. */
function broken(text: string, width: number): string[] {
  if (width < MIN_TEXT || !Number.isFinite(width)) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = Array.from(line === '' ? word : `${line} ${word}`);
    if (rest.length > width && line !== '') {
      lines.push(line);
      rest = Array.from(word);
    }
    while (rest.length > width) lines.push(rest.splice(0, width).join(''));
    line = rest.join('');
  }
  return [...lines, line];
}
