// The stormy agent as a module of a worker.
import { createStormyHandle } from './stormy.js';
import { sleep } from './stormy-sleep.js';

export const handle = createStormyHandle({ sleep });

/** @param {{ data: { start: string } }} context */
export async function start({ data }) {
  if (data.start === 'throws') throw new Error('It cannot');
  if (data.start === 'later') await sleep(50, []);
  if (data.start === 'hangs') await sleep(Infinity, []);
}
