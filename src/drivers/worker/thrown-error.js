// It is JavaScript because an agent's worker loads it, too, also where TypeScript sources run.
import { inspect } from 'node:util';

/**
 * An error as it crosses from a worker: a structured clone would drop its name, its code and what it gathers.
 *
 * @typedef {object} ThrownError
 * @property {string} name
 * @property {string} message
 * @property {string | null} code
 * @property {string | null} stack
 * @property {ThrownError | null} cause
 * @property {ThrownError[] | null} errors of an AggregateError
 */

/** How many causes are followed, and how many errors of an AggregateError are kept. */
const MAX_DEPTH = 4;
const MAX_ERRORS = 16;
/** Characters of each text. */
const MAX_LENGTH = 16_384;

/**
 * Takes down anything that was thrown. It never throws, whatever the getters of an error do.
 *
 * @param {unknown} thrown
 * @returns {ThrownError}
 */
export function writeThrown(thrown, depth = MAX_DEPTH) {
  if (!isError(thrown)) {
    return { name: 'Error', message: shown(thrown), code: null, stack: null, cause: null, errors: null };
  }
  const cause = read(thrown, 'cause');
  const errors = read(thrown, 'errors');
  return {
    name: text(read(thrown, 'name')) ?? 'Error',
    message: text(read(thrown, 'message')) ?? '',
    code: text(read(thrown, 'code')),
    stack: text(read(thrown, 'stack')),
    cause: depth === 0 || cause === undefined || cause === null ? null : writeThrown(cause, depth - 1),
    errors:
      depth === 0 || !Array.isArray(errors)
        ? null
        : errors.slice(0, MAX_ERRORS).map((error) => writeThrown(error, depth - 1)),
  };
}

/**
 * The error as it was before it crossed, as far as it can be.
 *
 * @param {ThrownError} thrown
 * @returns {Error}
 */
export function readThrown({ name, message, code, stack, cause, errors }) {
  const options = cause === null ? {} : { cause: readThrown(cause) };
  const error =
    errors === null
      ? new Error(message, options)
      : new AggregateError(errors.map(readThrown), message, options);
  return Object.assign(error, {
    name,
    ...(code !== null && { code }),
    ...(stack !== null && { stack }),
  });
}

/** @param {unknown} value @returns {value is object} */
function isError(value) {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  } catch {
    return false;
  }
}

/** A getter that throws hides its own field, and no other. @type {(error: object, key: string) => unknown} */
function read(error, key) {
  try {
    return /** @type {Record<string, unknown>} */ (error)[key];
  } catch {
    return undefined;
  }
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' ? value.slice(0, MAX_LENGTH) : null;
}

/** @param {unknown} value */
function shown(value) {
  try {
    return inspect(value).slice(0, MAX_LENGTH);
  } catch {
    return 'what was thrown cannot be shown';
  }
}
