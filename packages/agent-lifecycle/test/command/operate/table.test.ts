import { describe, expect, it } from '@jest/globals';
import { columnsOf, table } from '../../../src/command/operate/table.js';

describe('a table', () => {
  it('has each column as wide as its widest cell, and no spaces at its end', () => {
    expect(
      table(
        ['A', 'B', 'C'],
        [
          ['long', '', ''],
          ['', 'x', 'y'],
        ],
      ),
    ).toBe('A     B  C\nlong\n      x  y');
  });

  it('has only its heads where there is nothing', () => {
    expect(table(['A', 'B'], [])).toBe('A  B');
  });

  it('is no wider than it may be: names are cut in the middle, what comes last at its end', () => {
    const rows = [
      ['agents/of/the/second/department', 'running', 'to be restarted: no such file or directory'],
      ['short', 'running', ''],
    ];
    const lines = table(['NAME', 'STATE', 'REASON'], rows, 50).split('\n');
    expect([...lines, Math.max(...lines.map(({ length }) => length))]).toEqual([
      'NAME                 STATE    REASON',
      'agents/of…epartment  running  to be restarted: no…',
      'short                running',
      50,
    ]);
  });

  it('leaves to one column what the other does not need', () => {
    const name = 'a'.repeat(30);
    expect(table(['NAME', 'STATE', 'REASON'], [[name, 'running', '']], 60)).toBe(
      `NAME${' '.repeat(28)}STATE    REASON\n${name}  running`,
    );
  });

  it.each([
    ['of the terminal', { columns: 132 }, { COLUMNS: '100' }, 132],
    ['that the environment says, where there is no terminal', {}, { COLUMNS: '100' }, 100],
    ['of old, where nothing says any', {}, { COLUMNS: 'wide' }, 80],
  ])('has the columns %s', (_, output, env, columns) => {
    expect(columnsOf(output, env)).toBe(columns);
  });

  it('escapes what a terminal would obey', () => {
    expect(table(['A', 'B'], [['a\nb', '\u001b[2J']])).toBe('A         B\na\\u000ab  \\u001b[2J');
  });
});
