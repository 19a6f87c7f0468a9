import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { describeThrown } from '../../src/util/describe-thrown.js';

function withTrap(message: 'message' | 'cause'): Error {
  return Object.defineProperty(new Error('shown'), message, {
    get: () => {
      throw new Error('gotcha');
    },
  });
}

const circle = new Error('round');
circle.cause = circle;
const chain = [1, 2, 3, 4, 5, 6].reduce<Error | undefined>(
  (cause, number) => new Error(`error ${number}`, { cause }),
  undefined,
);
const refused = (address: string) => new Error(`connect ECONNREFUSED ${address}`);
const nameless = Object.assign(new AggregateError([refused('::1:9'), refused('127.0.0.1:9')]), {
  code: 'ECONNREFUSED',
});

describe('describeThrown', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'told to', 'told to'],
    ['an error', new Error('boom'), 'boom'],
    ['an error of another realm', runInNewContext('new TypeError("from afar")'), 'from afar'],
    [
      'an error with its cause',
      new TypeError('fetch failed', { cause: refused('::1:9') }),
      'fetch failed: connect ECONNREFUSED ::1:9',
    ],
    [
      'a cause that the message says already',
      new Error('It failed: boom', { cause: new Error('boom') }),
      'It failed: boom',
    ],
    [
      'a cause that programs read',
      new Error('It ended: exit code 3', { cause: { type: 'exit', code: 3 } }),
      'It ended: exit code 3',
    ],
    ['a cause that is no error', new Error('It failed', { cause: 'no space' }), 'It failed: no space'],
    [
      'errors that were gathered',
      new AggregateError([new Error('a'), 'b', new Error('a')], 'All failed'),
      'All failed: a; b',
    ],
    [
      'many errors',
      new AggregateError(['a', 'b', 'c', 'd', 'e', 'f'], 'All failed'),
      'All failed: a; b; c; d; and 2 more',
    ],
    [
      'gathered errors without a message',
      nameless,
      'connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9',
    ],
    [
      'a gathering as a cause',
      new TypeError('fetch failed', { cause: nameless }),
      'fetch failed: connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9',
    ],
    ['an error with a code alone', Object.assign(new Error(), { code: 'E_GONE' }), 'E_GONE'],
    ['an error with a name alone', new RangeError(), 'RangeError'],
    ['an error without anything', new Error(), 'no reason was given'],
    ['an error whose message throws', withTrap('message'), 'no reason was given'],
    ['an error whose cause throws', withTrap('cause'), 'shown'],
    ['an error that is its own cause', circle, 'round'],
    ['a long chain, cut', chain, 'error 6: error 5: error 4: error 3: error 2'],
    ['a symbol', Symbol('kExitCode'), 'Symbol(kExitCode)'],
    ['a number', 5, '5'],
    ['a big number', 10n, '10'],
    ['false', false, 'false'],
    ['nothing', undefined, 'no reason was given'],
    ['null', null, 'no reason was given'],
    ['an empty text', '', 'no reason was given'],
    ['a function', parseInt, 'a function parseInt'],
    ['an object with a message', { message: 'boom' }, 'boom'],
    ['another object', { status: 503 }, '{"status":503}'],
    ['an object that is no JSON', { big: 10n }, '[object Object]'],
    ['an object without a prototype', Object.create(null), '{}'],
    ['an endless text, cut', 'x'.repeat(10_000), 'x'.repeat(4_000)],
  ])('tells %s', (_, thrown, text) => {
    expect(describeThrown(thrown)).toBe(text);
  });

  it('tells what it is given for what says nothing', () => {
    expect(describeThrown(undefined, 'Unknown failure')).toBe('Unknown failure');
  });
});
