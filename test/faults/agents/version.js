// Answers a request with its version, after a moment. A version that is told to does not start.
import { setTimeout as sleep } from 'node:timers/promises';

let version = 0;

/** @param {{ data: { version: number, isBroken: boolean } }} context */
export function start({ data }) {
  if (data.isBroken) throw new Error('This version does not start');
  version = data.version;
}

/** @param {unknown} payload */
export async function handle(payload) {
  await sleep(20);
  return { payload, version };
}
