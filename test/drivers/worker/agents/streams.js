// An agent that answers with the stream that a request says.
/* eslint-disable @typescript-eslint/require-await, require-yield -- they are async generators, whatever they wait for */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** @typedef {import('../../../../src/index.js').RequestCall} RequestCall */

/** How many chunks were made, and how many generators have come to their end. */
const counts = { made: 0, ended: 0 };

/** @type {Record<string, (call: RequestCall) => unknown>} */
const answers = {
  counts: () => ({ ...counts }),
  reset: () => {
    Object.assign(counts, { made: 0, ended: 0 });
  },
  numbers: () => numbersTo(1_000),
  texts: () => counted('x'.repeat(10_000)),
  endless: () => counted('x'),
  /** As fast as it is, for a measurement. */
  many: () => numbersTo(300_000),
  iterable: () => ({
    [Symbol.asyncIterator]: () => {
      let count = 0;
      return { next: () => Promise.resolve({ done: count === 3, value: count++ }) };
    },
  }),
  readable: () =>
    new ReadableStream({
      start: (controller) => {
        for (const chunk of ['a', 'b', 'c']) controller.enqueue(chunk);
        controller.close();
      },
    }),
  /** One that never has a chunk, and counts its end. */
  silentReadable: () =>
    new ReadableStream({
      start: (controller) => {
        controller.enqueue('first');
      },
      pull: () => new Promise(() => undefined),
      cancel: () => {
        counts.ended += 1;
      },
    }),
  /** The same as a stream of Node's. */
  silentNodeStream: () => {
    const stream = new Readable({
      objectMode: true,
      read: () => undefined,
      destroy: (error, done) => {
        counts.ended += 1;
        done(error);
      },
    });
    stream.push('first');
    return stream;
  },
  empty: async function* () {
    // Nothing.
  },
  returns: async function* () {
    yield 1;
    return 'last';
  },
  sameObject: async function* () {
    const chunk = { count: 0 };
    for (; chunk.count < 3; chunk.count++) yield chunk;
  },
  sameBuffer: async function* () {
    const bytes = Buffer.from('abcdef');
    for (let at = 0; at < 3; at++) {
      bytes[1] = 48 + at;
      yield bytes.subarray(0, 2);
    }
  },
  failsAtOnce: async function* () {
    throw new RangeError('no chunk at all');
  },
  fails: async function* () {
    yield 1;
    yield 2;
    await nextTurn();
    yield 3;
    throw new RangeError('no more');
  },
  functions: async function* () {
    try {
      yield 1;
      yield () => 'no chunk';
    } finally {
      counts.ended += 1;
    }
  },
  waits: async function* ({ signal }) {
    try {
      yield 'first';
      await aborted(signal);
    } finally {
      await nextTurn();
      counts.ended += 1;
    }
  },
  loopsAtOnce: () => {
    for (;;);
  },
  loops: async function* () {
    yield 'first';
    await nextTurn();
    for (;;);
  },
  deep: async function* () {
    yield 'first';
    await nextTurn();
    /** @type {unknown[]} */
    let chunk = [];
    for (let level = 0; level < 200_000; level++) chunk = [chunk];
    yield chunk;
    yield 'last';
    await new Promise(() => undefined);
  },
  exits: async function* () {
    yield 'first';
    await nextTurn();
    process.exit(3);
  },
  tellsCall: ({ generation, resume, draining, signal }) => ({
    generation,
    resume,
    draining: draining.aborted,
    signal: signal.aborted,
  }),
  handsOver: async (call) => {
    await aborted(call.draining);
    return call.handOver({ at: 7 });
  },
  handsOverInStream: async function* (call) {
    yield 1;
    await aborted(call.draining);
    return call.handOver([2]);
  },
  yieldsHandOver: async function* (call) {
    yield 1;
    yield call.handOver([2]);
  },
  handsOverNoJson: (call) => call.handOver(/** @type {never} */ (new Map())),
  progress: async function* (call) {
    call.progress(1);
    yield 'a';
    call.progress({ share: 0.5 });
    call.progress();
  },
  progressOfFunction: (call) => {
    call.progress(() => 1);
  },
};

/** @type {(request: string, call: RequestCall) => unknown} */
export function handle(request, call) {
  return answers[request]?.(call);
}

/** @param {number} end */
async function* numbersTo(end) {
  for (let number = 0; number < end; number++) yield number;
}

/** @param {unknown} chunk */
async function* counted(chunk) {
  try {
    for (;;) {
      counts.made += 1;
      yield chunk;
    }
  } finally {
    counts.ended += 1;
  }
}

/** @param {AbortSignal} signal */
async function aborted(signal) {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
}
