import { escapeControls } from './escape-controls.js';

/** Cells below each other in columns, for people. Control characters, which a terminal would obey, are escaped. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows].map((cells) => cells.map(escapeControls));
  const widths = heads.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all.map((cells) => alignRow(cells, widths)).join('\n');
}

/** One row, where the widths are known beforehand. */
export function alignRow(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => escapeControls(cell).padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
