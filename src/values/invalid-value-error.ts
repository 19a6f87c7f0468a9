import { TypedError, type MessagesOf } from './typed-error.js';

interface Details {
  InvalidValue: {
    readonly field: string;
    readonly expected: string;
    readonly received: string;
    /** What the message begins with. */
    readonly prefix: string;
  };
}

const messages: MessagesOf<Details> = {
  InvalidValue: ({ prefix, field, expected, received }) =>
    `${prefix}${field}: expected ${expected}, received ${received}`,
};

/**
 * A value from outside that is not what its field holds. Nothing was changed when this is thrown.
 *
 * `field` is the name of the value type (`TransitionTimeout`) or, for JSON, the path of the bad field
 * (`pending_requests`).
 */
export class InvalidValueError extends TypedError<Details> {
  static override readonly brand: string = 'InvalidValueError';
  override readonly name = 'InvalidValueError';
  readonly field: string;
  /** What the field holds, in words: `an integer from 1000 to 300000 (milliseconds)`. */
  readonly expected: string;
  /** The value that was refused, in words, cut to a readable length. */
  readonly received: string;

  constructor(given: { field: string; expected: string; received: unknown; prefix?: string }) {
    const { field, expected, prefix = '' } = given;
    const received = describe(given.received);
    super(messages, { code: 'InvalidValue', field, expected, received, prefix });
    this.field = field;
    this.expected = expected;
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
