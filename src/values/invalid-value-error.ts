/**
 * A value from outside that is not what its field holds. Nothing was changed when this is thrown.
 *
 * `field` is the name of the value type (`TransitionTimeout`) or, for JSON, the path of the bad field
 * (`pending_requests`).
 */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
  readonly code = 'InvalidValue';
  readonly field: string;
  /** What the field holds, in words: `an integer from 1000 to 300000 (milliseconds)`. */
  readonly expected: string;
  /** What came, in words, cut to a readable length. */
  readonly received: string;

  constructor(detail: { field: string; expected: string; received: unknown; prefix?: string }) {
    const received = describe(detail.received);
    super(`${detail.prefix ?? ''}${detail.field}: expected ${detail.expected}, received ${received}`);
    this.field = detail.field;
    this.expected = detail.expected;
    this.received = received;
  }
}

const MAX_SHOWN_CHARACTERS = 60;

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length <= MAX_SHOWN_CHARACTERS
        ? JSON.stringify(value)
        : `a string of ${Array.from(value).length} characters`;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'an array' : 'an object';
    case 'function':
      return 'a function';
    case 'bigint':
      return `${value}n`;
    default:
      return String(value);
  }
}
