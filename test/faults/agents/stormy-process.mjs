// The stormy agent as a process: lines of JSON over stdin and stdout.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createStormyHandle } from './stormy.js';
import { sleep } from './stormy-sleep.js';

/** @typedef {import('./stormy.js').Work} Work */
/** @typedef {{ handedOver: unknown }} HandedOver */
/** @typedef {{ id: number, do: string, payload: Work, generation: number, resume?: unknown, forced?: boolean }} Question */

const how = process.argv[2];
const handle = createStormyHandle({ sleep });
const draining = new AbortController();
/** What ends a request, by its id. @type {Map<number, () => void>} */
const open = new Map();
/** Waited for while stdout is full. @type {Promise<void> | null} */
let drained = null;

/** @param {object} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** @param {number} id @param {unknown} value */
function end(id, value) {
  if (typeof value === 'object' && value !== null && 'handedOver' in value) {
    say({ id, ok: true, handOver: value.handedOver });
  } else say({ id, ok: true, value });
}

/** @param {Question} question */
async function answer({ id, payload, generation, resume }) {
  const controller = new AbortController();
  open.set(id, () => {
    controller.abort(new Error('It is cancelled'));
  });
  try {
    const given = await handle(payload, {
      signal: controller.signal,
      draining: draining.signal,
      generation,
      resume,
      progress: (value) => {
        say({ id, progress: value });
      },
      handOver: (token) => ({ handedOver: token }),
    });
    if (payload.type !== 'stream') end(id, given);
    else await stream(id, /** @type {AsyncGenerator} */ (given), controller);
  } catch (error) {
    say({ id, ok: false, error: { message: String(error) } });
  } finally {
    open.delete(id);
  }
}

/** Waits until what was said is on its way: else a reader that stops would have this process hold all. */
async function room() {
  if (!process.stdout.writableNeedDrain) return nextTurn();
  drained ??= once(process.stdout, 'drain').then(() => {
    drained = null;
  });
  return drained;
}

/** @param {number} id @param {AsyncGenerator} chunks @param {AbortController} controller */
async function stream(id, chunks, controller) {
  controller.signal.addEventListener('abort', () => {
    void chunks.return(undefined);
  });
  for (;;) {
    /** @type {IteratorResult<unknown, unknown>} */
    const step = await chunks.next();
    if (controller.signal.aborted) return;
    if (step.done === true) {
      end(id, step.value);
      return;
    }
    say({ id, chunk: step.value });
    await room();
  }
}

/** @param {Question} question */
async function start({ id }) {
  if (how === 'throws') {
    say({ id, ok: false, error: { message: 'It cannot' } });
    return;
  }
  if (how === 'later') await sleep(50, []);
  if (how === 'hangs') await sleep(600_000, []);
  say({ id, ok: true });
}

/** @param {unknown} message */
const hear = (message) => {
  const question = /** @type {Question} */ (message);
  if (question.do === 'start') void start(question);
  else if (question.do === 'request') void answer(question);
  else if (question.do === 'cancel') open.get(question.id)?.();
  else if (question.do === 'drain') draining.abort();
  else say({ id: question.id, ok: true });
};

for await (const line of createInterface({ input: process.stdin })) hear(JSON.parse(line));
// What still waits keeps nobody up.
process.exit(0);
