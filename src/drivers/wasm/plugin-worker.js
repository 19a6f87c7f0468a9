// The inside of a plugin's worker. It is JavaScript because Node itself loads it, also where TypeScript sources run.
// Extism runs in the foreground here: its own workers cannot be cut at any moment, this one can.
import { parentPort, workerData } from 'node:worker_threads';
import { describeThrown } from '../../util/describe-thrown.js';
import { guardWasi, ProcessExit } from './guarded-wasi.js';
import { HostFunctions } from './host-functions.js';
import { PrintedLines } from './printed-lines.js';

/**
 * @typedef {import('./host-functions.js').HostOptions} HostOptions
 * @typedef {HostOptions & { readonly module: WebAssembly.Module, readonly useWasi: boolean, readonly allowedPaths: Record<string, string> }} PluginData
 *
 * @typedef {import('./plugin-instance.js').Call} Call
 * @typedef {import('./plugin-instance.js').Report} Report
 * @typedef {import('@extism/extism').Plugin} Plugin
 */

const ENV = 'extism:host/env';
const WASI = 'wasi_snapshot_preview1';
/** Names of imports that are told where more are missing. */
const MAX_TOLD = 10;

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the other end of this worker passes
const data = /** @type {PluginData} */ (workerData);
const printed = new PrintedLines((stream, text) => {
  report({ type: 'printed', stream, text });
});
const host = new HostFunctions(data, (stream, text) => {
  printed.log(stream, text);
});

try {
  const plugin = await open();
  printed.flush();
  port.on('message', (/** @type {Call} */ call) => {
    void answer(plugin, call);
  });
  report({ type: 'ready' });
} catch (error) {
  printed.flush();
  report(isMissing(error) ? { type: 'missing' } : { type: 'error', message: describeThrown(error) });
}

async function open() {
  guardWasi((stream, bytes) => {
    printed.write(stream, bytes);
  });
  const { createPlugin } = await import('@extism/extism');
  await assertImportsKnown();
  return createPlugin(data.module, {
    useWasi: data.useWasi,
    // Else a variable of the environment would have plugins print where the host does.
    enableWasiOutput: false,
    allowedPaths: data.allowedPaths,
    functions: { [ENV]: host.functions() },
  });
}

async function assertImportsKnown() {
  const imports = WebAssembly.Module.imports(data.module);
  const known = new Set(host.names().map((name) => `${ENV} ${name}`));
  if (data.useWasi) {
    const { WASI: NodeWasi } = await import('node:wasi');
    const { wasiImport } = new NodeWasi({ version: 'preview1' });
    for (const name of Object.keys(/** @type {object} */ (wasiImport))) known.add(`${WASI} ${name}`);
  }
  const unknown = imports.filter(
    ({ module, name, kind }) => kind !== 'function' || !known.has(`${module} ${name}`),
  );
  if (unknown.length === 0) return;
  const told = unknown
    .slice(0, MAX_TOLD)
    .map(({ module, name, kind }) => `${JSON.stringify(module)} ${JSON.stringify(name)} (${kind})`);
  const rest = unknown.length > MAX_TOLD ? [`and ${unknown.length - MAX_TOLD} more`] : [];
  throw new Error(`it imports what its host does not have: ${[...told, ...rest].join(', ')}`);
}

/** @type {(plugin: Plugin, call: Call) => Promise<void>} */
async function answer(plugin, call) {
  const outcome = await outcomeOf(plugin, call);
  printed.flush();
  if (outcome.type === 'output') port.postMessage(outcome, [outcome.output.buffer]);
  else report(outcome);
}

/** @type {(plugin: Plugin, call: Call) => Promise<Report & { readonly type: 'output' | 'error' }>} */
async function outcomeOf(plugin, { fn, input }) {
  host.begin();
  let thrown = null;
  try {
    await plugin.call(fn, input);
  } catch (error) {
    if (!(error instanceof ProcessExit && error.code === 0)) thrown = { error };
  }
  // Drops the blocks of the call. What the call has come to is told, whatever becomes of that.
  await plugin.reset().catch(() => undefined);
  const { output, error } = host.result;
  if (error !== null) return { type: 'error', message: error || 'it has set an error without a text' };
  if (thrown !== null) return { type: 'error', message: describeThrown(thrown.error) };
  return { type: 'output', output };
}

/** @param {Report} message */
function report(message) {
  port.postMessage(message);
}

/** Whether Extism is not installed. @param {unknown} error */
function isMissing(error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) return false;
  return error.message.includes("'@extism/extism'");
}
