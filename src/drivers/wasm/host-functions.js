import { assertAllowedUrl, NotAllowedError, parseAllowedHost } from './allowed-hosts.js';
import { HttpThread } from './http-thread.js';

/**
 * @typedef {import('@extism/extism').CallContext} CallContext
 * @typedef {'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'} LogLevel
 *
 * @typedef {object} HostOptions
 * @property {number} maxExchanged bytes that one call may exchange with its host
 * @property {number} maxVarBytes bytes of all variables and their names
 * @property {Record<string, string>} config
 * @property {readonly string[]} allowedHosts
 * @property {LogLevel} logLevel
 *
 * @typedef {(stream: 'stdout' | 'stderr', text: string) => void} Log
 */

/** What a call has set: the error before all else. */
/** @typedef {{ output: Uint8Array<ArrayBuffer>, error: string | null }} CallResult */

/** Roughly what a block costs beside its bytes, so that many empty ones are bounded, too. */
const BLOCK_OVERHEAD = 256;
/** Bytes of a message or an error that are passed on. */
const MAX_TOLD = 256 * 1024;
/** The low bits of an address are the place in its block. */
const PLACE_BITS = 48;
/** Extism's numbers of levels. */
const LEVELS = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, silent: 0x7fff_ffff };

/** Those of Extism's host functions that it has itself, and that stay as they are. */
const EXTISM_FUNCTIONS = [
  'free',
  'load_u8',
  'load_u64',
  'store_u8',
  'store_u64',
  'input_offset',
  'input_length',
  'input_load_u8',
  'input_load_u64',
  'length',
  'length_unsafe',
];

/**
 * What a plugin may ask its host for, as Extism's newest interface has it. Extism's blocks of memory lie outside the
 * module's and are bounded by nothing, and the reset after each call drops its variables, which lie in blocks. Here
 * both are bounded, and variables outlive a call.
 */
export class HostFunctions {
  #options;
  #log;
  #allowedHosts;
  #http;
  #config;
  /** By the bytes of their names, each a character: not all are text. @type {Map<string, Uint8Array>} */
  #variables = new Map();
  #variableBytes = 0;
  /** Bytes that the call under way has exchanged with its host. */
  #exchanged = 0;
  /** @type {CallResult} */
  #result = { output: new Uint8Array(), error: null };
  #errorAddress = 0n;
  #lastStatus = 0;
  /** @type {Record<string, string>} */
  #lastHeaders = {};

  /**
   * @param {HostOptions} options
   * @param {Log} log
   */
  constructor(options, log) {
    this.#options = options;
    this.#log = log;
    this.#config = new Map(Object.entries(options.config));
    this.#allowedHosts = options.allowedHosts.map(parseAllowedHost).filter((entry) => entry !== null);
    this.#http = new HttpThread(options.allowedHosts);
  }

  /** Forgets what the call before has exchanged and set. */
  begin() {
    this.#exchanged = 0;
    this.#result = { output: new Uint8Array(), error: null };
    this.#errorAddress = 0n;
  }

  /** What the call has set. */
  get result() {
    return this.#result;
  }

  /** The names of all functions that a plugin finds. */
  names() {
    return [...EXTISM_FUNCTIONS, ...Object.keys(this.functions())];
  }

  functions() {
    return {
      /** @type {(context: CallContext, size: bigint) => bigint} */
      alloc: (context, size) => {
        this.#exchange(Number(BigInt.asUintN(64, size)));
        return context.alloc(size);
      },
      /** @type {(context: CallContext, address: bigint, length: bigint) => void} */
      output_set: (context, address, length) => {
        const block = read(context, address);
        const start = Number(BigInt.asUintN(PLACE_BITS, address));
        const end = start + Number(BigInt.asUintN(64, length));
        if (end > block.length) throw new RangeError('its output is longer than the block that holds it');
        this.#result.output = new Uint8Array(block.subarray(start, end));
      },
      /** @type {(context: CallContext, address: bigint) => void} */
      error_set: (context, address) => {
        this.#errorAddress = address;
        this.#result.error = address === 0n ? null : textOf(read(context, address).subarray(0, MAX_TOLD));
      },
      error_get: () => this.#errorAddress,
      /** @type {(context: CallContext, address: bigint) => bigint} */
      config_get: (context, address) => {
        const value = this.#config.get(textOf(read(context, address)));
        return value === undefined ? 0n : this.#lend(context, new TextEncoder().encode(value));
      },
      /** @type {(context: CallContext, address: bigint) => bigint} */
      var_get: (context, address) => {
        const value = this.#variables.get(bytesAsText(read(context, address)));
        return value === undefined ? 0n : this.#lend(context, value.slice());
      },
      /** @type {(context: CallContext, address: bigint, value: bigint) => void} */
      var_set: (context, address, value) => {
        this.#setVariable(
          bytesAsText(read(context, address)),
          value === 0n ? null : read(context, value).slice(),
        );
      },
      /** @type {(context: CallContext, request: bigint, body: bigint) => bigint} */
      http_request: (context, request, body) =>
        this.#request(context, textOf(read(context, request)), body === 0n ? null : read(context, body)),
      http_status_code: () => this.#lastStatus,
      /** @type {(context: CallContext) => bigint} */
      http_headers: (context) =>
        this.#lend(context, new TextEncoder().encode(JSON.stringify(this.#lastHeaders))),
      log_trace: this.#logAt('trace', 'stdout'),
      log_debug: this.#logAt('debug', 'stdout'),
      log_info: this.#logAt('info', 'stdout'),
      log_warn: this.#logAt('warn', 'stderr'),
      log_error: this.#logAt('error', 'stderr'),
      get_log_level: () => LEVELS[this.#options.logLevel],
    };
  }

  /** @type {(level: LogLevel, stream: 'stdout' | 'stderr') => (context: CallContext, address: bigint) => void} */
  #logAt(level, stream) {
    return (context, address) => {
      if (LEVELS[level] < LEVELS[this.#options.logLevel]) return;
      this.#log(stream, textOf(read(context, address).subarray(0, MAX_TOLD)));
    };
  }

  /** @type {(name: string, value: Uint8Array | null) => void} */
  #setVariable(name, value) {
    const { maxVarBytes } = this.#options;
    const before = this.#variables.get(name);
    const freed = before === undefined ? 0 : sizeOf(name, before);
    const bytes = this.#variableBytes - freed + (value === null ? 0 : sizeOf(name, value));
    if (bytes > maxVarBytes) throw new Error(`variables hold more than ${maxVarBytes} bytes`);
    this.#variableBytes = bytes;
    if (value === null) this.#variables.delete(name);
    else this.#variables.set(name, value);
  }

  /** @type {(context: CallContext, text: string, body: Uint8Array | null) => bigint} */
  #request(context, text, body) {
    this.#lastStatus = 0;
    this.#lastHeaders = {};
    const { url, method, headers } = requestIn(text);
    // Without any host there is no thread that would refuse it.
    if (this.#allowedHosts.length === 0) {
      throw new NotAllowedError(`HTTP request to ${url.href} is not allowed: there are no allowedHosts`);
    }
    assertAllowedUrl(url, this.#allowedHosts);
    const response = this.#http.send({
      url: url.href,
      method,
      headers,
      body: method === 'GET' || method === 'HEAD' ? null : body,
      maxBytes: this.#options.maxExchanged - this.#exchanged,
    });
    this.#lastStatus = response.status;
    this.#lastHeaders = response.headers;
    return this.#lend(context, response.body);
  }

  /** @type {(context: CallContext, bytes: Uint8Array) => bigint} */
  #lend(context, bytes) {
    this.#exchange(bytes.length);
    return context.store(bytes);
  }

  /** @param {number} bytes */
  #exchange(bytes) {
    const { maxExchanged } = this.#options;
    this.#exchanged += bytes + BLOCK_OVERHEAD;
    if (this.#exchanged > maxExchanged) throw new Error(`more than ${maxExchanged} bytes were exchanged`);
  }
}

/** @param {string} text the JSON of a request, as Extism's kits write it */
function requestIn(text) {
  /** @type {unknown} */
  const parsed = JSON.parse(text);
  const { url, method, headers, header } = /** @type {Record<string, unknown>} */ (parsed ?? {});
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new Error(`HTTP request to ${JSON.stringify(url)} failed: it is not a URL`);
  }
  return {
    url: new URL(url),
    method: (typeof method === 'string' ? method : 'GET').toUpperCase(),
    headers: Object.fromEntries(
      Object.entries(headers ?? header ?? {}).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** @type {(context: CallContext, address: bigint) => Uint8Array} */
function read(context, address) {
  const block = context.read(address);
  if (block === null)
    throw new RangeError(`there is no block of memory at 0x${BigInt.asUintN(64, address).toString(16)}`);
  return block.bytes();
}

/** @type {(bytes: Uint8Array) => string} */
function textOf(bytes) {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** @type {(bytes: Uint8Array) => string} */
function bytesAsText(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** @type {(name: string, value: Uint8Array) => number} */
function sizeOf(name, value) {
  return name.length + value.length + BLOCK_OVERHEAD;
}
