// Makes the HTTP requests of one plugin, whose own thread waits meanwhile: it ends with that one.
import { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { workerData } from 'node:worker_threads';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { describeThrown } from '../../util/describe-thrown.js';
import { assertAllowedUrl, isAllowedAddress, NotAllowedError, parseAllowedHost } from './allowed-hosts.js';

/**
 * @typedef {object} HttpData
 * @property {import('node:worker_threads').MessagePort} port
 * @property {Int32Array} answered set to 1 when an answer is there
 * @property {readonly string[]} allowedHosts
 *
 * @typedef {object} HttpRequest
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Uint8Array | null} body
 * @property {number} maxBytes of the body of the answer
 *
 * @typedef {{ readonly status: number, readonly headers: Record<string, string>, readonly body: Uint8Array }} HttpResponse
 * @typedef {HttpResponse | { readonly error: string }} HttpOutcome
 */

const MAX_REDIRECTS = 20;
/** The methods that fetch refuses; what comes of CONNECT is no answer. */
const FORBIDDEN_METHOD = /^(connect|trace|track)$/i;
/** Fields that say how a message is sent, or whom it is for: what was allowed is the host of the URL. */
const FORBIDDEN_HEADER =
  /^(host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/i;
/** What is meant for the origin that was asked, and no other. */
const CREDENTIALS = /^(authorization|cookie)$/i;
const ABOUT_BODY = /^(content-.*)$/i;

// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the other end of this worker passes
const data = /** @type {HttpData} */ (workerData);
const allowed = data.allowedHosts.map(parseAllowedHost).filter((entry) => entry !== null);

data.port.on('message', (/** @type {HttpRequest} */ request) => {
  void outcomeOf(request).then((outcome) => {
    data.port.postMessage(outcome);
    Atomics.store(data.answered, 0, 1);
    Atomics.notify(data.answered, 0);
  });
});

/** @type {(request: HttpRequest) => Promise<HttpOutcome>} */
async function outcomeOf(request) {
  try {
    assertSendable(request);
    return await answerTo(request);
  } catch (error) {
    return { error: describeThrown(error) };
  }
}

/** @param {HttpRequest} request */
function assertSendable({ method, headers }) {
  if (FORBIDDEN_METHOD.test(method)) throw new Error(`HTTP method ${method} is not allowed`);
  const header = Object.keys(headers).find((name) => FORBIDDEN_HEADER.test(name));
  if (header !== undefined) throw new Error(`HTTP header ${header} is not allowed: the host sets it`);
}

/** @type {(request: HttpRequest) => Promise<HttpResponse>} */
async function answerTo(request) {
  let hop = request;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const url = new URL(hop.url);
    assertAllowedUrl(url, allowed);
    const response = await send(url, hop);
    const next = redirected(url, hop, response);
    if (next === null) return bodyOf(url, hop, response);
    response.destroy();
    hop = next;
  }
  throw new Error(`fetch failed: ${request.url} was redirected more than ${MAX_REDIRECTS} times`);
}

/** @type {(url: URL, request: HttpRequest) => Promise<http.IncomingMessage>} */
function send(url, { method, headers, body }) {
  return new Promise((resolve, reject) => {
    const onError = (/** @type {unknown} */ error) => {
      reject(failed(url, error));
    };
    const request = (url.protocol === 'https:' ? https : http).request(
      url,
      {
        method,
        headers: { accept: '*/*', 'user-agent': 'node', ...withLength(headers, body) },
        lookup: lookupFor(url),
      },
      resolve,
    );
    request.on('error', onError);
    request.end(body ?? undefined);
  });
}

/** @type {(headers: Record<string, string>, body: Uint8Array | null) => Record<string, string | undefined>} */
function withLength(headers, body) {
  /** @type {Record<string, string | undefined>} */
  const lowered = {};
  for (const [name, value] of Object.entries(headers)) lowered[name.toLowerCase()] = value;
  if (body === null) delete lowered['content-length'];
  else lowered['content-length'] = String(body.byteLength);
  return lowered;
}

/**
 * The addresses of a name, looked at when a connection is made: a name may be another's by then.
 *
 * @param {URL} url
 * @returns {import('node:net').LookupFunction}
 */
function lookupFor(url) {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const [first, ...others] = addresses.filter(({ address }) => isAllowedAddress(url, address, allowed));
      if (first === undefined) {
        const found = addresses.map(({ address }) => address).join(', ');
        callback(
          new NotAllowedError(
            `HTTP request to ${hostname} is not allowed: it is ${found}, which allowedHosts must have, too`,
          ),
          '',
          0,
        );
        return;
      }
      if (options.all === true) callback(null, [first, ...others]);
      else callback(null, first.address, first.family);
    });
  };
}

/** @type {(from: URL, request: HttpRequest, response: http.IncomingMessage) => HttpRequest | null} */
function redirected(from, request, { statusCode = 0, headers: { location } }) {
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return null;
  const to = urlFrom(location, from);
  const becomesGet =
    statusCode === 303 ? request.method !== 'HEAD' : statusCode < 303 && request.method === 'POST';
  const isElsewhere = to.origin !== from.origin;
  const headers = Object.entries(request.headers).filter(
    ([name]) => !(isElsewhere && CREDENTIALS.test(name)) && !(becomesGet && ABOUT_BODY.test(name)),
  );
  return {
    ...request,
    url: to.href,
    headers: Object.fromEntries(headers),
    ...(becomesGet && { method: 'GET', body: null }),
  };
}

/** @type {(location: string, from: URL) => URL} */
function urlFrom(location, from) {
  try {
    return new URL(location, from);
  } catch {
    throw new Error(`fetch failed: ${from.href} redirects to ${JSON.stringify(location)}, which is no URL`);
  }
}

/** @type {(url: URL, request: HttpRequest, response: http.IncomingMessage) => Promise<HttpResponse>} */
async function bodyOf(url, { method, maxBytes }, response) {
  /** @type {Buffer[]} */
  const chunks = [];
  let length = 0;
  const body = /** @type {AsyncIterable<Buffer>} */ (method === 'HEAD' ? response : decoded(response));
  try {
    for await (const bytes of body) {
      length += bytes.length;
      if (length > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    response.destroy();
    throw failed(url, error);
  }
  /** @type {Record<string, string>} */
  const headers = {};
  for (const [name, value = ''] of Object.entries(response.headers))
    headers[name] = [value].flat().join(', ');
  return {
    status: response.statusCode ?? 0,
    headers,
    body: new Uint8Array(Buffer.concat(chunks)),
  };
}

/** @param {http.IncomingMessage} response */
function decoded(response) {
  const decoder = decoderOf(response.headers['content-encoding']);
  if (decoder === null) return response;
  response.on('error', (error) => decoder.destroy(error));
  return response.pipe(decoder);
}

/** @param {string | undefined} encoding */
function decoderOf(encoding) {
  switch (encoding?.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
}

/** @type {(url: URL, error: unknown) => Error} */
function failed(url, error) {
  if (error instanceof NotAllowedError) return error;
  return new Error(`fetch failed: ${url.origin}${url.pathname}: ${describeThrown(error)}`, { cause: error });
}
