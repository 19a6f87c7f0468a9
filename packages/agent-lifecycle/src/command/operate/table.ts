import { escapeControls } from '../escape-controls.js';

/** The least columns of a cell, when there is too little room. */
const MIN_CELL = 8;

/**
 * Formats a table for people. Control characters, which a terminal would obey, are escaped. In a row that is wider than
 * `width`, the first cell is cut in the middle, and the last one at the end.
 *
 * @param width columns of the terminal; unlimited by default
 */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const all = [heads, ...rows].map((cells) => cells.map(escapeControls));
  const widths = heads.map((_, column) => Math.max(...all.map((cells) => lengthOf(cells[column] ?? ''))));
  const between = widths.slice(1, -1).reduce((sum, each) => sum + each, 0) + 2 * (widths.length - 1);
  const [first, last] = shared(width - between, widths[0] ?? 0, widths.at(-1) ?? 0);
  return all
    .map((cells) => [
      cutMiddle(cells[0] ?? '', first),
      ...cells.slice(1, -1),
      cutEnd(cells.at(-1) ?? '', last),
    ])
    .map((cells) => alignRow(cells, [first, ...widths.slice(1, -1), last]))
    .join('\n');
}

/** Formats one row with the given widths. */
export function alignRow(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map(escapeControls)
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(cell))))
    .join('  ')
    .trimEnd();
}

/** The columns of a terminal. For other outputs, `COLUMNS`, or 80. */
export function columnsOf(output: { readonly columns?: number }, env: NodeJS.ProcessEnv): number {
  const columns = Number(env['COLUMNS']);
  return output.columns ?? (Number.isInteger(columns) && columns > 0 ? columns : 80);
}

/** Divides the room: each of the two gets half of it, or what the other leaves. */
function shared(room: number, first: number, last: number): [number, number] {
  const half = Math.max(MIN_CELL, Math.floor(room / 2));
  const forFirst = Math.min(first, Math.max(half, room - last));
  return [forFirst, Math.min(last, Math.max(MIN_CELL, room - forFirst))];
}

function cutMiddle(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return [
    ...characters.slice(0, head),
    '…',
    ...characters.slice(characters.length - (width - 1 - head)),
  ].join('');
}

function cutEnd(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
