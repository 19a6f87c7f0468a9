import { describe, expect, it } from '@jest/globals';
import { checkLifecycle, ConformanceError, lifecyclePaths, runPath } from '../../src/testing/index.js';
import { BROKEN } from './broken-subjects.js';

const paths = lifecyclePaths();

/** What random sequences cannot find: that many requests are never pending in them. */
const BEYOND_RANDOM = [
  'a capacity of one less',
  'a capacity that is asked for before the state',
  'a capacity that has no end',
];

describe.each(Object.entries(BROKEN))('%s', (name, Broken) => {
  it('is caught by the paths', async () => {
    await expect(
      (async () => {
        for (const path of paths) await runPath(path, (input) => new Broken(input));
      })(),
    ).rejects.toThrow(ConformanceError);
  });

  it(
    BEYOND_RANDOM.includes(name) ? 'is beyond random sequences' : 'is caught by random sequences',
    async () => {
      const isBeyond = BEYOND_RANDOM.includes(name);
      const runs = isBeyond ? 100 : 2_000;
      const result = await checkLifecycle((input) => new Broken(input), { runs, seed: 1, shrink: false });
      expect(result.failed).toBe(!isBeyond);
    },
  );
});

it('there are 25 broken subjects at least', () => {
  expect(Object.keys(BROKEN).length).toBeGreaterThanOrEqual(25);
});
