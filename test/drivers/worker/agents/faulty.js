// An agent that throws, answers and prints what is hard to carry, as the request says.
import { createECDH, createSecretKey } from 'node:crypto';

/** @type {Record<string, () => unknown>} */
const THROWN = {
  aggregate: () => new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]),
  cause: () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
  getters: () => withGetters(new Error('hidden')),
  proxy: () =>
    new Proxy(new Error('hidden'), {
      getPrototypeOf: () => {
        throw new Error('gotcha');
      },
      get: () => {
        throw new Error('gotcha');
      },
    }),
  nothing: () => undefined,
  endless: () => new Error('x'.repeat(10_000_000)),
};

class Account {
  #balance = 5;
  balance() {
    return this.#balance;
  }
}

/** @type {Record<string, () => unknown>} */
const ANSWERS = {
  function: () => () => 1,
  symbol: () => ({ in: [Symbol('a')] }),
  class: () => ({ account: new Account() }),
  shared: () => new Uint8Array(new SharedArrayBuffer(8)),
  detached: () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    return bytes;
  },
  promise: () => [Promise.resolve()],
  proxy: () => new Proxy({}, {}),
  curve: () => createECDH('secp256k1'),
  getter: () =>
    Object.defineProperty({}, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('gotcha');
      },
    }),
  map: () => new Map([[{ a: 1 }, new Set(['b'])]]),
  error: () => new RangeError('too far'),
  key: () => createSecretKey(Buffer.from('secret')),
  bytes: () => Buffer.from('only these'),
};

/** @param {{ data?: { prints?: string[] } }} context */
export function start({ data = {} }) {
  return handle(data);
}

/** @param {{ throws?: string, answers?: string, prints?: string[], uncaught?: string }} request */
export function handle({ throws, answers, prints, uncaught }) {
  if (throws !== undefined) throw THROWN[throws]?.();
  if (answers !== undefined) return ANSWERS[answers]?.();
  for (const text of prints ?? []) process.stdout.write(text);
  if (prints !== undefined) process.stderr.write('on the other stream\n');
  if (uncaught !== undefined)
    setImmediate(() => {
      throw THROWN[uncaught]?.();
    });
  return 'ok';
}

/** @param {Error} error */
function withGetters(error) {
  for (const key of ['stack', 'message', 'code', 'name', 'cause', 'errors']) {
    Object.defineProperty(error, key, {
      get: () => {
        throw new Error('gotcha');
      },
    });
  }
  return error;
}
