import type { WaitResult } from '../wire/messages.js';

/** Milliseconds of one call: `fetch`, and whatever stands between, ends one that is silent for minutes. */
const SLICE = 60_000;
/** Milliseconds before it is asked again where an answer came early: the object has too many that wait. */
const PAUSE = 1_000;

/** Waits for as long as is asked for, in calls that are each short. @param timeout milliseconds */
export async function waitInSlices(
  ask: (timeout: number) => Promise<WaitResult>,
  timeout: number,
): Promise<WaitResult> {
  const end = performance.now() + timeout;
  for (;;) {
    const begunAt = performance.now();
    const slice = Math.ceil(Math.min(SLICE, Math.max(0, end - begunAt)));
    const answer = await ask(slice);
    const left = end - performance.now();
    if (answer.type !== 'timedOut' || left <= 0) return answer;
    if (performance.now() - begunAt >= slice) continue;
    await new Promise((resolve) => setTimeout(resolve, Math.min(PAUSE, left)));
  }
}
