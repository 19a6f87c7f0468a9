import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

/**
 * @typedef {import('./http-worker.js').HttpRequest} HttpRequest
 * @typedef {import('./http-worker.js').HttpResponse} HttpResponse
 * @typedef {import('./http-worker.js').HttpOutcome} HttpOutcome
 */

const WORKER = new URL('./http-worker.js', import.meta.url);

/** Makes HTTP requests while the thread that asks for them waits, as a plugin must. */
export class HttpThread {
  /** @type {readonly string[]} */
  #allowedHosts;
  #answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /** @type {import('node:worker_threads').MessagePort | null} */
  #port = null;

  /** @param {readonly string[]} allowedHosts */
  constructor(allowedHosts) {
    this.#allowedHosts = allowedHosts;
  }

  /**
   * @param {HttpRequest} request
   * @returns {HttpResponse}
   */
  send(request) {
    this.#port ??= this.#start();
    Atomics.store(this.#answered, 0, 0);
    this.#port.postMessage(request);
    // The host cuts this thread, and the other with it, when the plugin's request is aborted.
    Atomics.wait(this.#answered, 0, 0);
    const { message: outcome } = /** @type {{ message: HttpOutcome }} */ (receiveMessageOnPort(this.#port));
    if ('error' in outcome) throw new Error(outcome.error);
    return outcome;
  }

  #start() {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(WORKER, {
      workerData: { port: port2, answered: this.#answered, allowedHosts: this.#allowedHosts },
      transferList: [port2],
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
    });
    worker.unref();
    port1.unref();
    return port1;
  }
}
