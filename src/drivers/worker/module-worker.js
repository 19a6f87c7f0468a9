// The inside of an agent's worker. It is JavaScript because Node itself loads it, also where TypeScript sources run.
import { inspect } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * @typedef {{ readonly signal: AbortSignal }} Context
 *
 * @typedef {object} AgentModule
 * @property {(payload: unknown, context: Context) => unknown} handle
 * @property {(context: Context & { readonly data: unknown }) => unknown} [start]
 * @property {(context: Context) => unknown} [stop]
 *
 * @typedef {import('./module-instance.js').Call} Call
 * @typedef {import('./module-instance.js').Message} Message
 * @typedef {import('./module-instance.js').Report} Report
 * @typedef {import('./module-instance.js').Thrown} Thrown
 */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/**
 * The calls under way, by their ids.
 *
 * @type {Map<number, AbortController>}
 */
const calls = new Map();
/** @type {AgentModule | null} */
let agent = null;

port.on('message', (/** @type {Message} */ message) => {
  switch (message.type) {
    case 'call':
      void answer(message);
      break;
    case 'cancel':
      calls.get(message.id)?.abort();
      break;
    case 'ping':
      report({ type: 'pong' });
      break;
  }
});

/** @param {Call} call */
async function answer(call) {
  const { id } = call;
  const controller = new AbortController();
  calls.set(id, controller);
  try {
    const value = await valueOf(call, controller.signal);
    report({ type: 'answer', id, value });
  } catch (error) {
    // One that cannot be cloned comes here, too.
    report({ type: 'thrown', id, error: describe(error) });
  } finally {
    calls.delete(id);
  }
}

/** @type {(call: Call, signal: AbortSignal) => unknown} */
function valueOf({ fn, argument }, signal) {
  switch (fn) {
    case 'import':
      return importAgent(String(argument));
    case 'handle':
      return agent?.handle(argument, { signal });
    case 'start':
      return agent?.start?.({ data: /** @type {unknown} */ (workerData), signal });
    case 'stop':
      return agent?.stop?.({ signal });
  }
}

/**
 * @param {string} url
 * @returns {Promise<boolean>} whether the module can answer requests
 */
async function importAgent(url) {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- any module; what it exports is looked at next
  agent = /** @type {AgentModule} */ (await import(url));
  return typeof agent.handle === 'function';
}

/** @param {Report} message */
function report(message) {
  port.postMessage(message);
}

/**
 * A structured clone would drop an error's name and its code. Each field is made what can be cloned, whatever it was.
 *
 * @type {(error: unknown) => Thrown}
 */
function describe(error) {
  if (!(error instanceof Error)) return { name: 'Error', message: inspect(error), code: null, stack: null };
  const { name, message, code, stack } =
    /** @type {{ name: unknown, message: unknown, code?: unknown, stack?: unknown }} */ (error);
  return {
    name: String(name),
    message: String(message),
    code: typeof code === 'string' ? code : null,
    stack: typeof stack === 'string' ? stack : null,
  };
}
