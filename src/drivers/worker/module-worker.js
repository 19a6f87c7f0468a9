// The inside of an agent's worker. It is JavaScript because Node itself loads it, also where TypeScript sources run.
import { MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ChunkSender, iteratorOf } from './chunk-sender.js';
import { handedOver, isHandedOver } from './handed-over.js';
import { ownBytes, sizeOfClone } from './structured-clone.js';
import { writeThrown } from './thrown-error.js';

/**
 * @typedef {{ readonly signal: AbortSignal }} Context
 *
 * @typedef {object} AgentModule
 * @property {(payload: unknown, call: object) => unknown} handle
 * @property {(context: Context & { readonly data: unknown }) => unknown} [start]
 * @property {(context: Context) => unknown} [stop]
 *
 * @typedef {object} OpenCall
 * @property {AbortController} controller
 * @property {AbortController} draining
 * @property {number} sent chunks, so far
 * @property {ChunkSender | null} sender of an answer that is a stream
 *
 * @typedef {import('./module-channel.js').CallMessage} Call
 * @typedef {import('./module-channel.js').HandleArgument} HandleArgument
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
 * @type {Map<number, OpenCall>}
 */
const calls = new Map();
/** @type {AgentModule | null} */
let agent = null;
/** Whether the agent lets its requests go. */
let isDraining = false;

port.on('message', (/** @type {Message} */ message) => {
  switch (message.type) {
    case 'call':
      void answer(message);
      break;
    case 'cancel':
      cancel(message.id);
      break;
    case 'read':
      calls.get(message.id)?.sender?.noteRead(message.upTo);
      break;
    case 'drain':
      isDraining = true;
      for (const { draining } of calls.values()) draining.abort();
      break;
    case 'ping':
      report({ type: 'pong', open: message.lists ? openCalls() : null });
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
  const open = { controller: new Controller(), draining: new Controller(), sent: 0, sender: null };
  if (isDraining) open.draining.abort();
  calls.set(id, open);
  try {
    reportAnswer(id, open, await valueOf(call, open));
  } catch (error) {
    // One that cannot be cloned comes here, too.
    report({ type: 'thrown', id, sent: open.sent, error: writeThrown(error) });
  } finally {
    calls.delete(id);
  }
}

/** @type {(id: number, open: OpenCall, answer: unknown) => void} */
function reportAnswer(id, { sent }, answer) {
  if (isHandedOver(answer)) {
    const { token } = answer;
    sizeOfClone(token);
    report({ type: 'handedOver', id, sent, token });
    return;
  }
  const value = ownBytes(answer);
  sizeOfClone(value);
  report({ type: 'answer', id, sent, value });
}

/** @type {(call: Call, open: OpenCall) => unknown} */
function valueOf({ id, fn, argument }, open) {
  const { signal } = open.controller;
  switch (fn) {
    case 'import':
      return importAgent(String(argument));
    case 'handle':
      return handle(id, /** @type {HandleArgument} */ (argument), open);
    case 'start':
      return withoutValue(agent?.start?.({ data: /** @type {unknown} */ (workerData), signal }));
    case 'stop':
      return stopAgent(signal);
  }
}

/** @type {(id: number, argument: HandleArgument, open: OpenCall) => Promise<unknown>} */
async function handle(id, { payload, generation, resume }, open) {
  const call = {
    signal: open.controller.signal,
    draining: open.draining.signal,
    generation,
    resume,
    progress: (/** @type {unknown} */ value) => {
      if (calls.has(id)) reportProgress(id, open, value);
    },
    handOver: handedOver,
  };
  const answer = await agent?.handle(payload, call);
  const iterator = isHandedOver(answer) ? null : iteratorOf(answer);
  return iterator === null ? answer : sendChunks(id, iterator, open);
}

/** @type {(id: number, open: OpenCall, value: unknown) => void} */
function reportProgress(id, { sender }, value) {
  const own = ownBytes(value);
  sizeOfClone(own);
  sender?.flush();
  report({ type: 'progress', id, value: own });
}

/**
 * Sends the chunks of a stream; what it returns is its answer.
 *
 * @type {(id: number, iterator: AsyncIterator<unknown>, open: OpenCall) => Promise<unknown>}
 */
async function sendChunks(id, iterator, open) {
  const send = (/** @type {unknown[]} */ chunks) => {
    report({ type: 'chunks', id, sent: open.sent, chunks });
    open.sent += chunks.length;
  };
  open.sender = new ChunkSender(iterator, send);
  const ended = open.sender.run();
  if (open.controller.signal.aborted) void open.sender.cancel();
  const value = await ended;
  // It is a stream all the same.
  if (open.sent === 0 && !isHandedOver(value)) send([]);
  return value;
}

/** @param {number} id */
function cancel(id) {
  const open = calls.get(id);
  open?.controller.abort();
  void open?.sender?.cancel();
}

/** Each with the chunks that it has sent. */
function openCalls() {
  return [...calls].map(([id, { sent }]) => ({ id, sent }));
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
