import { describe, expect, it } from '@jest/globals';
import { StateTransitionError, type StateTransitionErrorDetail } from '../../src/index.js';

const MESSAGES: [StateTransitionErrorDetail, string][] = [
  [
    { code: 'InvalidTransition', from: 'unloaded', to: 'running' },
    'Invalid state transition from unloaded to running',
  ],
  [{ code: 'TooManyPendingRequests', current: 10_000 }, 'Too many pending requests: 10000'],
  [{ code: 'TerminalState', state: 'stopped' }, 'Agent is in terminal state: stopped'],
  [{ code: 'TimeoutExceeded', timeoutMs: 30_000 }, 'Transition timeout exceeded: 30000ms'],
  [{ code: 'AlreadyInState', state: 'ready' }, 'Agent already in target state: ready'],
  [{ code: 'UnknownEvent', type: 'agent.dance' }, 'Unknown lifecycle event: agent.dance'],
  [{ code: 'NotAcceptingRequests', state: 'draining' }, 'Agent is not accepting requests in state: draining'],
  [
    { code: 'TransitionInProgress', state: 'ready', to: 'running' },
    'Agent is already in transition from ready to running',
  ],
  [{ code: 'OperationCancelled', operation: 'loading' }, 'Operation cancelled: loading'],
  [{ code: 'OperationFailed', operation: 'loading', reason: 'boom' }, 'Operation failed: loading: boom'],
];

describe('StateTransitionError', () => {
  it.each(MESSAGES)('%j has its message and its fields beside the code', (detail, message) => {
    const error = new StateTransitionError(detail);
    expect([error.name, error.message, { ...error }]).toEqual([
      'StateTransitionError',
      message,
      { name: 'StateTransitionError', ...detail },
    ]);
  });

  it('is an Error of its own class', () => {
    const error = new StateTransitionError({ code: 'TerminalState', state: 'failed' });
    expect([
      error instanceof Error,
      error instanceof StateTransitionError,
      StateTransitionError.name,
    ]).toEqual([true, true, 'StateTransitionError']);
  });

  it('keeps its cause', () => {
    const cause = new Error('boom');
    const error = new StateTransitionError(
      { code: 'OperationFailed', operation: 'loading', reason: 'boom' },
      { cause },
    );
    expect(error.cause).toBe(cause);
  });

  it('is written to JSON with its message', () => {
    const error = new StateTransitionError({ code: 'TimeoutExceeded', timeoutMs: 1_000 });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'TimeoutExceeded',
      timeoutMs: 1_000,
      message: 'Transition timeout exceeded: 1000ms',
    });
  });
});
