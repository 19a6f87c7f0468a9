import type * as z from 'zod/mini';
import { describeThrown } from '../util/describe-thrown.js';
import { textSchema } from './text-schema.js';
import { valueType } from './value-type.js';

const MAX_CODE_POINTS = 1_000;
const schema = () => textSchema(MAX_CODE_POINTS).brand<'FailureReason'>();

/** Why an agent failed: 1 to 1 000 Unicode code points. */
export type FailureReason = z.output<ReturnType<typeof schema>>;

const type = valueType('FailureReason', `a string of 1 to ${MAX_CODE_POINTS} characters`, schema);

/** Parses reasons of failures. */
export const FailureReason = Object.assign(type, {
  /** @throws {InvalidValueError} when the error's message is empty or too long. */
  fromError: (error: Pick<Error, 'message'> | undefined): FailureReason => type.parse(error?.message),
  /**
   * The reason in whatever an agent failed with. It never refuses, so that a bad reason cannot hide a
   * failure: a string, or an Error's message with its causes where it does not name them, cut at 1 000 code
   * points; anything else, or nothing, is `Unknown failure`.
   */
  describe: (cause: unknown): FailureReason => {
    // A code point takes at most two UTF-16 units, so this much of a text holds all that is kept of it.
    const start = textOf(cause).slice(0, 2 * MAX_CODE_POINTS);
    const text = Array.from(start).slice(0, MAX_CODE_POINTS).join('');
    return type.parse(text === '' ? 'Unknown failure' : text);
  },
});

function textOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  try {
    return isError(cause) ? describeThrown(cause, '') : '';
  } catch {
    return '';
  }
}

// An error thrown in another realm (a worker, a vm context) is no `instanceof Error` here.
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}
