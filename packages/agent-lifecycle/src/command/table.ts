import { escapeControls } from './escape-controls.js';

/** Columns that a cell is given at least, where there is too little room. */
const MIN_CELL = 8;

/**
 * Cells below each other in columns, for people. Control characters, which a terminal would obey, are escaped. Where a
 * row is wider than that, its first cell is cut in the middle, and its last one at the end.
 *
 * @param width columns that there are; by default as many as it takes
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

/** One row, where the widths are known beforehand. */
export function alignRow(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map(escapeControls)
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(cell))))
    .join('  ')
    .trimEnd();
}

/** The columns of a terminal; of `COLUMNS`, else 80, where the output is none. */
export function columnsOf(output: { readonly columns?: number }, env: NodeJS.ProcessEnv): number {
  const told = Number(env['COLUMNS']);
  return output.columns ?? (Number.isInteger(told) && told > 0 ? told : 80);
}

/** Room for two: each has half of it, or what the other leaves. */
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
