// An agent that does in a request what a module may do to its worker, as the request says.
import { MessagePort, parentPort, workerData } from 'node:worker_threads';

if (workerData === 'patches') patch();

/** @param {{ do: string, size?: number }} request */
export function handle(request) {
  switch (request.do) {
    case 'forge':
      for (const message of forgeries()) parentPort?.postMessage(message);
      return new Promise(() => undefined);
    case 'forgeOnItsChannel':
      // Found by a way that no module should take.
      for (const message of forgeries()) channel().postMessage(message);
      return 'forged';
    case 'closeItsChannel':
      channel().close();
      // Else the worker ends, as it has nothing left to do.
      setInterval(() => undefined, 1_000);
      return 'closed';
    case 'forgeTooMany':
      forgeChunks([{ sent: 0, chunks: new Array(100).fill('x') }]);
      return new Promise(() => undefined);
    case 'forgeAGap':
      forgeChunks([
        { sent: 0, chunks: ['a'] },
        { sent: 2, chunks: ['c'] },
      ]);
      return new Promise(() => undefined);
    case 'closeParent':
      parentPort?.close();
      return 'closed';
    case 'listen':
      parentPort?.on('message', () => undefined);
      process.on('message', () => undefined);
      return 'listening';
    case 'patch':
      patch();
      return 'patched';
    case 'exitAfterAnswer':
      setImmediate(() => process.exit(0));
      return 'answered';
    case 'answerDeep':
      return nested(request.size ?? 0);
    case 'block':
      // Node can end a thread that sleeps here.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.size);
      return 'blocked';
    case 'tellSize':
      return JSON.stringify(request).length;
    default:
      return request;
  }
}

/** @returns {unknown[]} */
function forgeries() {
  const ids = [-1, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 1e9];
  return [
    null,
    'nonsense',
    {},
    { type: 'pong' },
    { type: 'pong', open: null },
    { type: 'unreadable' },
    ...ids.flatMap((id) => [
      { type: 'thrown', id },
      { type: 'thrown', id, error: null },
      { type: 'thrown', id, error: { name: 1, message: null } },
      { type: 'answer', id: String(id) },
    ]),
  ];
}

/** For the first request, which comes after the import and the start. @param {{ sent: number, chunks: unknown[] }[]} messages */
function forgeChunks(messages) {
  for (const message of messages) channel().postMessage({ type: 'chunks', id: 3, ...message });
}

/** @returns {MessagePort} */
function channel() {
  const handles = /** @type {unknown[]} */ (
    /** @type {{ _getActiveHandles(): unknown[] }} */ (/** @type {unknown} */ (process))._getActiveHandles()
  );
  const found = handles.find((handle) => handle instanceof MessagePort);
  if (found === undefined) throw new Error('no channel was found');
  return /** @type {MessagePort} */ (found);
}

function patch() {
  const stolen = () => {
    throw new Error('stolen');
  };
  MessagePort.prototype.postMessage = stolen;
  globalThis.AbortController = /** @type {never} */ (stolen);
  Promise.prototype.then = /** @type {never} */ (stolen);
  globalThis.Promise = /** @type {never} */ (stolen);
}

/** @param {number} depth */
function nested(depth) {
  /** @type {unknown[]} */
  let value = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
