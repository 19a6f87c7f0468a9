import { expect, it, jest } from '@jest/globals';
import { InvalidValueError, RequestError, StateTransitionError, TypedError } from '../../src/index.js';

type Package = typeof import('../../src/index.js');

async function secondCopy(): Promise<Package> {
  jest.resetModules();
  return import('../../src/index.js');
}

it('errors of one copy of the package are known to another by their kind', async () => {
  const other = await secondCopy();
  expect(other.RequestError).not.toBe(RequestError);
  const request = new other.RequestError('AgentStopped', 'agent');
  const invalid = new other.InvalidValueError({ field: 'x', expected: 'y', received: 1 });
  const refused = new other.StateTransitionError({ code: 'TerminalState', state: 'failed' });
  expect([
    request instanceof RequestError,
    invalid instanceof InvalidValueError,
    refused instanceof StateTransitionError,
    request instanceof TypedError,
    request instanceof InvalidValueError,
    new Error('x') instanceof TypedError,
    (null as unknown) instanceof TypedError,
  ]).toEqual([true, true, true, true, false, false, false]);
});

it('a subclass of a user is no other than itself', () => {
  class Mine extends RequestError {}
  const mine = new Mine('AgentStopped', 'agent');
  expect([
    mine instanceof Mine,
    mine instanceof RequestError,
    new RequestError('AgentStopped', 'agent') instanceof Mine,
  ]).toEqual([true, true, false]);
});

it('an error has its code, its message and its detail', () => {
  const cause = new Error('boom');
  const error = new RequestError('RequestFailed', 'agent', { cause });
  expect([error.code, error.message, error.detail, error.cause]).toEqual([
    'RequestFailed',
    'The agent failed the request: boom',
    { code: 'RequestFailed', agent: 'agent', reason: 'boom' },
    cause,
  ]);
});
