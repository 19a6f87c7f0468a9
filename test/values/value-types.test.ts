import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runInNewContext } from 'node:vm';
import * as z from 'zod/mini';
import {
  AgentId,
  AgentName,
  AgentVersion,
  Capacity,
  DrainTimeout,
  FailureReason,
  InvalidValueError,
  PendingRequestCount,
  TransitionTimeout,
  VersionNumber,
} from '../../src/index.js';

const UPPER = '1B4E28BA-2FA1-11D2-883F-0016D3CCA427';
const GRIN = '😀';

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

describe.each([
  ['AgentId', AgentId],
  ['AgentVersion', AgentVersion],
])('%s', (name, type) => {
  it('generates a version 4 UUID', () => {
    expect(type.generate()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('reads a hyphenated UUID of any letter case as lower case', () => {
    expect(type.parse(UPPER)).toBe(UPPER.toLowerCase());
  });

  it.each(['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])(
    'takes %s, whose version is none of RFC 9562',
    (text) => {
      expect(type.parse(text)).toBe(text);
    },
  );

  it.each(['', 'x', UPPER.replaceAll('-', ''), `{${UPPER}}`, `urn:uuid:${UPPER}`, `${UPPER}\n`, ` ${UPPER}`])(
    'refuses %j',
    (text) => {
      expect(type.safeParse(text).success).toBe(false);
    },
  );

  it.each([0, 1, 2, 3, 4])('has hexadecimal digits only, and all of them, in part %i', (part) => {
    const withPart = (change: (digits: string) => string) =>
      UPPER.split('-')
        .map((digits, index) => (index === part ? change(digits) : digits).toLowerCase())
        .join('-');
    const wrong = [
      withPart((digits) => 'g'.repeat(digits.length)),
      withPart((digits) => digits.slice(1)),
      withPart((digits) => digits.slice(0, 1)),
      withPart((digits) => `${digits}0`),
    ];
    expect(wrong.filter((text) => readAs(() => type.parse(text)) === text)).toEqual([]);
    expect(type.parse(withPart((digits) => 'a9'.repeat(digits.length / 2)))).toHaveLength(36);
  });

  it('is a string, and nothing that turns into one', () => {
    expect(errorOf(() => type.parse([UPPER.toLowerCase()]))).toBeInstanceOf(InvalidValueError);
  });

  it('names the field, what was expected and what came', () => {
    const error = errorOf(() => type.parse(7)) as InvalidValueError;
    expect([error.name, error.code, error.field, error.expected, error.received]).toEqual([
      'InvalidValueError',
      'InvalidValue',
      name,
      'a hyphenated UUID',
      '7',
    ]);
  });
});

/** What a type makes of a value: what it is read as, or what is said of it. */
function readAs(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return (error as Error).message;
  }
}

const nearlyUuid = fc
  .tuple(fc.uuid(), fc.nat({ max: 36 }), fc.constantFrom('', 'g', 'A', '-', '0', '\n', 'é', '0123'))
  .map(([uuid, at, put]) => `${uuid.slice(0, at)}${put}${uuid.slice(at + 1)}`);

describe.each([
  ['AgentId', AgentId, fc.oneof(fc.uuid(), nearlyUuid, fc.anything())],
  ['AgentVersion', AgentVersion, fc.oneof(fc.uuid(), nearlyUuid, fc.anything())],
  ['VersionNumber', VersionNumber, fc.oneof(fc.integer(), fc.double(), fc.bigInt(), fc.anything())],
] as const)('%s', (_, type, values) => {
  it('throws what it answers, or reads the same', () => {
    fc.assert(
      fc.property(values, (value) => {
        const answer = type.safeParse(value);
        const answered = answer.success ? answer.data : answer.error.message;
        expect(readAs(() => type.parse(value))).toBe(answered);
      }),
    );
  });
});

describe('an InvalidValueError', () => {
  it('says it all in its message', () => {
    expect(VersionNumber.safeParse(0)).toMatchObject({
      error: { message: 'VersionNumber: expected an integer from 1 to 9007199254740991, received 0' },
    });
  });

  it.each([
    ['x'.repeat(60), JSON.stringify('x'.repeat(60))],
    ['x'.repeat(61), 'a string of 61 characters'],
  ])('shows %s as %s', (value, received) => {
    expect(VersionNumber.safeParse(value)).toMatchObject({ error: { received } });
  });
});

describe('AgentVersion', () => {
  it("begins its refusal with the seed's words", () => {
    expect(() => AgentVersion.parse('nope')).toThrow(
      new Error('Invalid UUID format: AgentVersion: expected a hyphenated UUID, received "nope"'),
    );
  });
});

describe.each([
  ['AgentName', AgentName, 255],
  ['FailureReason', FailureReason, 1_000],
] as const)('%s', (name, type, max) => {
  it.each([
    ['one character', 'a'],
    ['two characters', 'ab'],
    [`${max - 1} characters`, 'a'.repeat(max - 1)],
    [`${max} characters`, 'a'.repeat(max)],
    [`${max} emoji, each one code point`, GRIN.repeat(max)],
  ])('takes %s', (_, text) => {
    expect(type.parse(text)).toBe(text);
  });

  it.each([
    ['an empty string', '', '""'],
    [`${max + 1} characters`, 'a'.repeat(max + 1), `a string of ${max + 1} characters`],
    [`${max + 1} emoji`, GRIN.repeat(max + 1), `a string of ${max + 1} characters`],
    ['a number', 5, '5'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['half an emoji', '\ud83d', '"\\ud83d"'],
    ['an array', [], 'an array'],
    ['an object', {}, 'an object'],
    ['a function', () => 1, 'a function'],
    ['a bigint', 5n, '5n'],
  ])('refuses %s', (_, value, received) => {
    const result = type.safeParse(value);
    expect(result).toEqual({ success: false, error: expect.any(InvalidValueError) as unknown });
    if (!result.success) {
      expect(result.error.message).toBe(
        `${name}: expected a string of 1 to ${max} characters, received ${received}`,
      );
    }
  });
});

describe.each<
  [
    string,
    Pick<typeof DrainTimeout, 'parse' | 'default' | 'fromSeconds'> & { toSeconds(timeout: number): number },
    number,
    number,
    number,
  ]
>([
  ['TransitionTimeout', TransitionTimeout as never, 1_000, 300_000, 30_000],
  ['DrainTimeout', DrainTimeout, 5_000, 600_000, 60_000],
])('%s', (name, type, min, max, byDefault) => {
  it.each([min, min + 1, max - 1, max])('takes %d ms', (ms) => {
    expect(type.parse(ms)).toBe(ms);
  });

  it.each([min - 1, max + 1, min + 0.5, NaN, Infinity, String(min), null])('refuses %p', (value) => {
    expect(() => type.parse(value)).toThrow(
      `${name}: expected an integer from ${min} to ${max} (milliseconds)`,
    );
  });

  it('has a default', () => {
    expect(type.default).toBe(byDefault);
  });

  it('is made from whole seconds', () => {
    expect([type.fromSeconds(min / 1000), type.fromSeconds(max / 1000)]).toEqual([min, max]);
  });

  it.each([min / 1000 - 1, max / 1000 + 1, min / 1000 + 0.5])('refuses %d seconds', (seconds) => {
    expect(() => type.fromSeconds(seconds)).toThrow(
      `${name}: expected an integer from ${min / 1000} to ${max / 1000} (seconds), received ${seconds}`,
    );
  });

  it('rounds down to seconds', () => {
    expect(type.toSeconds(type.parse(min + 999))).toBe(min / 1000);
  });
});

describe('VersionNumber', () => {
  it('begins with 1', () => {
    expect(VersionNumber.first).toBe(1);
  });

  it('counts on', () => {
    expect(VersionNumber.next(VersionNumber.first)).toBe(2);
  });

  it.each([1, 2, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER])('takes %d', (value) => {
    expect(VersionNumber.parse(value)).toBe(value);
  });

  it.each([0, -1, 1.5, Number.MAX_SAFE_INTEGER + 1, '1', 1n])('refuses %p', (value) => {
    expect(VersionNumber.safeParse(value).success).toBe(false);
  });

  it('refuses to count past the numbers that are exact', () => {
    expect(() => VersionNumber.next(VersionNumber.parse(Number.MAX_SAFE_INTEGER))).toThrow(InvalidValueError);
  });
});

describe('Capacity', () => {
  it.each([1, 2, 9_999, 10_000])('takes %d', (value) => {
    expect(Capacity.parse(value)).toBe(value);
  });

  it.each([0, -1, 10_001, 1.5, '1', null])('refuses %p', (value) => {
    expect(() => Capacity.parse(value)).toThrow('Capacity: expected an integer from 1 to 10000, received ');
  });

  it('has a range and a default', () => {
    expect([Capacity.min, Capacity.max, Capacity.default]).toEqual([1, 10_000, 10_000]);
  });
});

describe('PendingRequestCount', () => {
  it.each([0, 1, 9_999, 10_000])('takes %d', (value) => {
    expect(PendingRequestCount.parse(value)).toBe(value);
  });

  it.each([-1, 10_001, 0.5, '0'])('refuses %p', (value) => {
    expect(PendingRequestCount.safeParse(value).success).toBe(false);
  });

  it('counts up to 10 000 and refuses one more', () => {
    const full = PendingRequestCount.increment(PendingRequestCount.parse(9_999));
    expect(full).toBe(10_000);
    expect(() => PendingRequestCount.increment(full)).toThrow(
      'PendingRequestCount: expected an integer from 0 to 10000, received 10001',
    );
  });

  it('takes -0 as 0', () => {
    expect(Object.is(PendingRequestCount.parse(-0), 0)).toBe(true);
  });

  it('counts down and stops at 0', () => {
    const one = PendingRequestCount.parse(1);
    const none = PendingRequestCount.decrement(one);
    expect([none, PendingRequestCount.decrement(none)]).toEqual([0, 0]);
  });

  it('tells whether any are pending', () => {
    expect([0, 1].map((n) => PendingRequestCount.hasPending(PendingRequestCount.parse(n)))).toEqual([
      false,
      true,
    ]);
  });
});

describe('FailureReason', () => {
  it("is made from an error's message", () => {
    expect(FailureReason.fromError(new TypeError('no module'))).toBe('no module');
  });

  it('refuses what is no error', () => {
    expect(() => FailureReason.fromError(undefined)).toThrow(InvalidValueError);
  });

  it('refuses an error without a message', () => {
    expect(() => FailureReason.fromError(new Error(''))).toThrow(InvalidValueError);
  });

  const throwing = new Error('hidden');
  Object.defineProperty(throwing, 'message', {
    get: () => {
      throw new Error('gotcha');
    },
  });
  const renamed = Object.assign(new Error('aborted'), { [Symbol.toStringTag]: 'Interruption' });
  const numbered = new Error('hidden');
  Object.defineProperty(numbered, 'message', { value: 5 });

  const trap = new Proxy(new Error('hidden'), {
    getPrototypeOf: () => {
      throw new Error('gotcha');
    },
  });

  it.each([
    ['a string', 'told to', 'told to'],
    ['an error of which nothing can be asked', trap, 'Unknown failure'],
    ['an error', new Error('boom'), 'boom'],
    [
      'an error with its cause',
      new Error('fetch failed', { cause: new Error('refused') }),
      'fetch failed: refused',
    ],
    ['errors that were gathered', new AggregateError([new Error('a'), new Error('b')]), 'a; b'],
    ['a text of 1 001 emoji, cut', GRIN.repeat(1_001), GRIN.repeat(1_000)],
    ['a text of 1 500 characters, cut', 'x'.repeat(1_500), 'x'.repeat(1_000)],
    ['an error of another realm', runInNewContext('new Error("from afar")'), 'from afar'],
    ['an error that calls itself something else', renamed, 'aborted'],
    ['an empty string', '', 'Unknown failure'],
    ['nothing', undefined, 'Unknown failure'],
    ['null', null, 'Unknown failure'],
    ['a number', 5, 'Unknown failure'],
    ['an object that only looks like an error', { message: 'boom' }, 'Unknown failure'],
    ['an error without a message', new Error(''), 'Unknown failure'],
    ['an error whose message throws', throwing, 'Unknown failure'],
    ['an error whose message is no text', numbered, 'Unknown failure'],
  ])('describes %s', (_, cause, reason) => {
    expect(FailureReason.describe(cause)).toBe(reason);
  });
});

describe('a value type', () => {
  it('has a schema for a larger whole, the same each time', () => {
    const schema = z.object({ agentId: AgentId.schema, versionNumber: VersionNumber.schema });
    const given = { agentId: UPPER, versionNumber: 2 };
    expect([schema.parse(given), schema.safeParse({ ...given, versionNumber: 0 }).success]).toEqual([
      { agentId: UPPER.toLowerCase(), versionNumber: 2 },
      false,
    ]);
    expect(AgentId.schema).toBe(AgentId.schema);
  });
});
