// It is JavaScript because the drivers' workers load it, too, also where TypeScript sources run.

/** How many causes are followed, and how many errors of an AggregateError are told. */
const MAX_CAUSES = 4;
const MAX_ERRORS = 4;
const MAX_LENGTH = 4_000;

/**
 * What anything that was thrown says of itself, in one text of at most 4 000 characters: its message, the errors that
 * it gathers, and its causes where the message does not say them already. It never throws.
 *
 * @param {unknown} thrown
 * @param {string} [fallback] told for what says nothing: no value, no text, an error that cannot be read
 * @returns {string}
 */
export function describeThrown(thrown, fallback = 'no reason was given') {
  try {
    return textOf(thrown, MAX_CAUSES).slice(0, MAX_LENGTH) || fallback;
  } catch {
    return fallback;
  }
}

/** @type {(thrown: unknown, causes: number) => string} */
function textOf(thrown, causes) {
  switch (typeof thrown) {
    case 'string':
      return thrown;
    case 'undefined':
      return '';
    case 'object':
      return thrown === null ? '' : textOfObject(thrown, causes);
    case 'function':
      return `a function ${thrown.name}`.trim();
    default:
      return String(thrown);
  }
}

/** @type {(thrown: object, causes: number) => string} */
function textOfObject(thrown, causes) {
  const message = read(thrown, 'message');
  const hasText = typeof message === 'string' && message !== '';
  const ownText = hasText ? message : nameOf(thrown);
  const reasons = causes === 0 ? '' : reasonsOf(thrown, causes - 1);
  if (ownText.includes(reasons)) return ownText;
  return hasText ? `${ownText}: ${reasons}` : reasons;
}

/** @type {(thrown: object, causes: number) => string} */
function reasonsOf(thrown, causes) {
  const errors = read(thrown, 'errors');
  if (Array.isArray(errors) && errors.length > 0) return textOfErrors(errors, causes);
  const cause = read(thrown, 'cause');
  return isData(cause) ? '' : textOf(cause, causes);
}

/**
 * Whether a cause is an object that programs read, such as how a process ended: its error has said it in words.
 *
 * @param {unknown} cause
 */
function isData(cause) {
  if (typeof cause !== 'object' || cause === null || cause instanceof Error) return false;
  return typeof read(cause, 'message') !== 'string' && !Array.isArray(read(cause, 'errors'));
}

/** @type {(errors: readonly unknown[], causes: number) => string} */
function textOfErrors(errors, causes) {
  const told = errors.slice(0, MAX_ERRORS).map((error) => textOf(error, causes));
  const rest = errors.length - MAX_ERRORS;
  return [...new Set(told), ...(rest > 0 ? [`and ${rest} more`] : [])].filter(Boolean).join('; ');
}

/** @param {object} thrown one without a message */
function nameOf(thrown) {
  const code = read(thrown, 'code');
  if (typeof code === 'string') return code;
  if (!(thrown instanceof Error)) return asJson(thrown);
  const name = read(thrown, 'name');
  return typeof name === 'string' && name !== 'Error' ? name : '';
}

/**
 * A getter that throws hides its own field, and no other.
 *
 * @param {object} thrown
 * @param {string} key
 * @returns {unknown}
 */
function read(thrown, key) {
  try {
    return /** @type {Record<string, unknown>} */ (thrown)[key];
  } catch {
    return undefined;
  }
}

/** @param {object} value */
function asJson(value) {
  try {
    return JSON.stringify(value) || Object.prototype.toString.call(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
