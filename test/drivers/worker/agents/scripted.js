// An agent that does in a request what that says.

/** @type {unknown} */
let data = null;

/** @param {{ data: unknown }} context */
export function start(context) {
  data = context.data;
}

/**
 * @param {{ do: string, exitCode?: number }} request
 * @param {{ signal: AbortSignal }} context
 */
export async function handle(request, { signal }) {
  switch (request.do) {
    case 'tellData':
      return data;
    case 'tellEnvironment':
      return { ...process.env };
    case 'throwError':
      throw Object.assign(new RangeError('it is too far'), { code: 'TOO_FAR' });
    case 'throwText':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a module may throw anything
      throw 'no error at all';
    case 'answerFunction':
      return () => 1;
    case 'waitForCancel':
      await cancelled(signal);
      return 'cancelled';
    case 'waitForEver':
      return forEver();
    case 'loopForEver':
      for (;;);
    case 'fillMemory':
      return fillMemory();
    case 'exit':
      return process.exit(request.exitCode);
    case 'throwOutside':
      setImmediate(() => {
        throw new Error('nobody catches this');
      });
      return 'thrown';
    case 'postNonsense': {
      const { parentPort } = await import('node:worker_threads');
      for (const nonsense of [null, 'nonsense', { type: 'answer', id: 1_000 }])
        parentPort?.postMessage(nonsense);
      return 'posted';
    }
    default:
      return request;
  }
}

/** @type {(signal: AbortSignal) => Promise<void>} */
function cancelled(signal) {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** @returns {Promise<never>} */
function forEver() {
  return new Promise(() => undefined);
}

/** @returns {never} */
function fillMemory() {
  const held = [];
  for (;;) held.push(new Array(1_000).fill(held.length));
}
