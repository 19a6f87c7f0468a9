import { it } from '@jest/globals';

/** `npm run test:soak`: everything at its full length, which takes an hour. */
const isSoak = process.env['SOAK'] === '1';
/** `npm run test:slow`: the exhaustive and the repeated. Neither of them: `npm test`, which proves each feature once. */
const isSlow = isSoak || process.env['SLOW'] === '1';

/** How much of something a test does, by the command that runs it. */
export function scaled<Size>(sizes: {
  readonly quick: Size;
  readonly slow: Size;
  readonly soak?: Size;
}): Size {
  if (!isSlow) return sizes.quick;
  return isSoak ? (sizes.soak ?? sizes.slow) : sizes.slow;
}

/** A test of what another test of its file proves in short: `npm test` skips it. */
export const itSlow = isSlow ? it : it.skip;
