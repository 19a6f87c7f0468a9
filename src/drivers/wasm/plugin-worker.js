// The inside of a plugin's worker. It is JavaScript because Node itself loads it, also where TypeScript sources run.
// Extism runs in the foreground here: its own workers cannot be cut at any moment, this one can.
import { parentPort, workerData } from 'node:worker_threads';

/**
 * @typedef {object} PluginData
 * @property {WebAssembly.Module} module
 * @property {boolean} useWasi
 * @property {number} maxExchanged bytes that one call may exchange with its host
 * @property {Record<string, string>} config
 * @property {Record<string, string>} allowedPaths
 * @property {string[]} allowedHosts
 *
 * @typedef {import('@extism/extism').CallContext} CallContext
 * @typedef {{ fn: string, input: Uint8Array }} Call
 * @typedef {{ type: 'ready' } | { type: 'output', output: Uint8Array } | { type: 'error', message: string }} Report
 */

const ENV = 'extism:host/env';
const WASI = 'wasi_snapshot_preview1';
/** WASI's ENOSYS. */
const NOT_SUPPORTED = 52;
/** Roughly what a block costs beside its bytes, so that many empty ones are bounded, too. */
const BLOCK_OVERHEAD = 256;
const ignore = () => undefined;
/** What a plugin logs has no reader. */
const silent = { trace: ignore, debug: ignore, info: ignore, log: ignore, warn: ignore, error: ignore };

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the other end of this worker passes
const data = /** @type {PluginData} */ (workerData);
/** Bytes that the call under way has exchanged with its host. */
let exchanged = 0;

try {
  const plugin = await open();
  port.on('message', (/** @type {Call} */ call) => {
    void answer(plugin, call).then(report);
  });
  report({ type: 'ready' });
} catch (error) {
  report({ type: 'error', message: describe(error) });
}

async function open() {
  // Node cannot end a thread that sleeps in the system call behind this.
  const withoutSleep = { [WASI]: { poll_oneoff: () => NOT_SUPPORTED } };
  const { createPlugin } = await import('@extism/extism');
  const common = {
    useWasi: data.useWasi,
    allowedPaths: data.allowedPaths,
    config: data.config,
    logger: /** @type {Console} */ (/** @type {unknown} */ (silent)),
  };
  // Only Extism's own worker can wait for the answer to an HTTP request. It ends with this one.
  if (data.allowedHosts.length > 0) {
    return createPlugin(data.module, {
      ...common,
      allowedHosts: data.allowedHosts,
      functions: withoutSleep,
      runInWorker: true,
    });
  }
  return createPlugin(data.module, { ...common, functions: { ...withoutSleep, [ENV]: boundedExchange() } });
}

/**
 * Extism's blocks of memory lie outside the module's and are bounded by nothing, and its variables lie in blocks
 * that the reset after each call drops. Here both are bounded, and variables outlive a call.
 */
function boundedExchange() {
  /** @type {Map<string, Uint8Array>} */
  const variables = new Map();
  return {
    /** @type {(context: CallContext, size: bigint) => bigint} */
    alloc(context, size) {
      exchange(Number(size));
      return context.alloc(size);
    },
    /** @type {(context: CallContext, key: bigint) => bigint} */
    config_get(context, key) {
      const name = text(context, key);
      return Object.hasOwn(data.config, name)
        ? lend(context, new TextEncoder().encode(data.config[name]))
        : 0n;
    },
    /** @type {(context: CallContext, key: bigint) => bigint} */
    var_get(context, key) {
      const value = variables.get(text(context, key));
      return value === undefined ? 0n : lend(context, value.slice());
    },
    /** @type {(context: CallContext, key: bigint, value: bigint) => void} */
    var_set(context, key, value) {
      const name = text(context, key);
      variables.delete(name);
      if (value === 0n) return;
      const bytes = context.read(value)?.bytes().slice() ?? new Uint8Array();
      const held = [...variables.values()].reduce((total, each) => total + each.length, bytes.length);
      if (held > data.maxExchanged) throw new Error(`variables hold more than ${data.maxExchanged} bytes`);
      variables.set(name, bytes);
    },
  };
}

/** @type {(context: CallContext, address: bigint) => string} */
function text(context, address) {
  return context.read(address)?.string() ?? '';
}

/** @type {(context: CallContext, bytes: Uint8Array) => bigint} */
function lend(context, bytes) {
  exchange(bytes.length);
  return context.store(bytes);
}

/** @param {number} bytes */
function exchange(bytes) {
  exchanged += bytes + BLOCK_OVERHEAD;
  if (exchanged > data.maxExchanged) throw new Error(`more than ${data.maxExchanged} bytes were exchanged`);
}

/** @type {(plugin: import('@extism/extism').Plugin, call: Call) => Promise<Report>} */
async function answer(plugin, { fn, input }) {
  try {
    exchanged = 0;
    const output = await plugin.call(fn, input);
    // Copied, since the reset drops the block in which the output lies.
    return { type: 'output', output: output === null ? new Uint8Array() : output.bytes().slice() };
  } catch (error) {
    return { type: 'error', message: describe(error) };
  } finally {
    await plugin.reset();
  }
}

/** @param {Report} message */
function report(message) {
  port.postMessage(message);
}

/**
 * Not all that Extism rejects with are Errors: some are plain objects, one is a symbol.
 *
 * @param {unknown} error
 */
function describe(error) {
  if (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND'
  ) {
    return 'the WebAssembly driver needs the package @extism/extism: npm install @extism/extism';
  }
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}
