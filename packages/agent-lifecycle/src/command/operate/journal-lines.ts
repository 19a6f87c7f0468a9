import { entryText } from '../../wire/view-text.js';
import { escapeControls } from '../escape-controls.js';
import type { JournalEntryView } from '../../wire/journal-entry.js';
import { alignRow } from './table.js';

/** Fixed, so that the lines of a followed journal stay aligned. */
const WIDTHS = [5, 23, 3];
const INDENT = WIDTHS.reduce((sum, width) => sum + width + 2, 0);
/** Below this many columns for the text, the terminal breaks the lines. */
const MIN_TEXT = 20;

export const journalHead = alignRow(['SEQ', 'AT', 'GEN', 'WHAT'], WIDTHS);

/**
 * Formats a journal entry for people, in local time.
 *
 * @param width columns of the terminal: longer texts are broken into lines; unlimited by default
 */
export function journalLine(entry: JournalEntryView, width = Number.POSITIVE_INFINITY): string {
  const { sequence, at, generation } = entry;
  const [first = '', ...rest] = broken(escapeControls(entryText(entry)), width - INDENT);
  const line = alignRow([String(sequence), localTime(at), String(generation), first], WIDTHS);
  return [line, ...rest.map((text) => `${' '.repeat(INDENT)}${text}`)].join('\n');
}

function localTime(at: number): string {
  const time = new Date(at);
  return new Date(at - time.getTimezoneOffset() * 60_000).toISOString().slice(0, -1).replace('T', ' ');
}

/** Breaks a text into lines of at most `width` characters: between words, unless a word is longer. */
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
