// The inside of an agent's worker. It is JavaScript because Node itself loads it, also where TypeScript sources run.
import { MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ownBytes, sizeOfClone } from './structured-clone.js';
import { writeThrown } from './thrown-error.js';

/**
 * @typedef {{ readonly signal: AbortSignal }} Context
 *
 * @typedef {object} AgentModule
 * @property {(payload: unknown, context: Context) => unknown} handle
 * @property {(context: Context & { readonly data: unknown }) => unknown} [start]
 * @property {(context: Context) => unknown} [stop]
 *
 * @typedef {import('./module-channel.js').CallMessage} Call
 * @typedef {import('./module-channel.js').Message} Message
 * @typedef {import('./module-channel.js').Report} Report
 */

const port = takePort();
// Held before the module can put others in their place.
const post = MessagePort.prototype.postMessage.bind(port);
const { AbortController: Controller, Promise: NativePromise } = globalThis;
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
      report({ type: 'pong', open: message.lists ? [...calls.keys()] : null });
      break;
  }
});
port.on('messageerror', () => {
  report({ type: 'unreadable' });
});

/**
 * The end of the driver's own channel. The module has none: what it posts to its parent goes nowhere, as that is
 * closed.
 *
 * @returns {MessagePort}
 */
function takePort() {
  const parent = /** @type {MessagePort} */ (parentPort);
  const { message } = /** @type {{ message: MessagePort }} */ (receiveMessageOnPort(parent));
  parent.close();
  return message;
}

/** @param {Call} call */
async function answer(call) {
  const { id } = call;
  const controller = new Controller();
  calls.set(id, controller);
  try {
    const value = ownBytes(await valueOf(call, controller.signal));
    sizeOfClone(value);
    report({ type: 'answer', id, value });
  } catch (error) {
    // One that cannot be cloned comes here, too.
    report({ type: 'thrown', id, error: writeThrown(error) });
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
      return withoutValue(agent?.start?.({ data: /** @type {unknown} */ (workerData), signal }));
    case 'stop':
      return stopAgent(signal);
  }
}

/** What the module has printed is lost otherwise: the worker is terminated next. @param {AbortSignal} signal */
async function stopAgent(signal) {
  await agent?.stop?.({ signal });
  await flush(process.stdout);
  await flush(process.stderr);
}

/** @param {NodeJS.WriteStream} stream */
async function flush(stream) {
  if (stream.writableLength === 0 || !stream.writable) return;
  await new NativePromise((resolve) => stream.write('', resolve));
}

/** Nobody is told what a hook returns, which need not have a clone. @param {unknown} work */
async function withoutValue(work) {
  await work;
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
  post(message);
}
