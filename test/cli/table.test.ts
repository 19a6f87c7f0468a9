import { describe, expect, it } from '@jest/globals';
import { table } from '../../src/cli/table.js';

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

  it('escapes what a terminal would obey', () => {
    expect(table(['A', 'B'], [['a\nb', '\u001b[2J']])).toBe('A         B\na\\u000ab  \\u001b[2J');
  });
});
