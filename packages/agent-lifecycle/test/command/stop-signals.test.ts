import { describe, expect, it } from '@jest/globals';
import { stopSteps } from '../../src/command/stop-signals.js';

function stepsAt(...times: number[]) {
  let now = 0;
  const next = stopSteps(() => now);
  return times.map((time) => {
    now = time;
    return next();
  });
}

describe('the signals of a process', () => {
  it.each([
    ['the first drains', [0], ['drain']],
    ['one after that forces', [0, 500], ['drain', 'force']],
    ['any after these exits', [0, 500, 1_000, 1_500], ['drain', 'force', 'exit', 'exit']],
    ['one within 500 ms of the one before is the same', [0, 499], ['drain', null]],
    [
      'each counts from the one before, not from the first',
      [0, 400, 800, 1_300],
      ['drain', null, null, 'force'],
    ],
  ])('%s', (_, times, steps) => {
    expect(stepsAt(...times)).toEqual(steps);
  });
});
