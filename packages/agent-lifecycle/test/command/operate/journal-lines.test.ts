import { describe, expect, it } from '@jest/globals';
import { journalHead, journalLine } from '../../../src/command/operate/journal-lines.js';

const at = new Date(2026, 10, 25, 2, 4, 32, 545).getTime();
const step = { sequence: 7, at, generation: 2, type: 'transition', from: 'running.serving' };
const drain = { ...step, to: 'draining.awaitingRequests', event: 'agent.drain', failureReason: null };

describe('a line of a journal', () => {
  it('says what has happened in a sentence, in local time', () => {
    expect([journalHead, journalLine(drain)]).toEqual([
      'SEQ    AT                       GEN  WHAT',
      '7      2026-11-25 02:04:32.545  2    running.serving → draining.awaitingRequests by agent.drain',
    ]);
  });

  it.each([
    [{ type: 'deployed', versionNumber: 2, version: 'v' }, 'deployed, version 2 (v)'],
    [
      {
        type: 'drained',
        report: { completed: 3, aborted: [{}], abandoned: [], forced: false, durations: { total: 9 } },
      },
      'drained in 9 ms: 3 completed, 1 aborted, 0 abandoned',
    ],
    [
      {
        type: 'drained',
        report: {
          completed: 2,
          handedOver: [{}],
          aborted: [],
          abandoned: [],
          forced: false,
          durations: { total: 9 },
        },
      },
      'drained in 9 ms: 2 completed, 1 handed over, 0 aborted, 0 abandoned',
    ],
    [{ type: 'restartScheduled', delay: 500, reason: null }, 'to be restarted in 500 ms: it has ended'],
    [{ type: 'restarted' }, 'restarted, generation 2'],
    [{ type: 'restartCancelled' }, 'not to be restarted any more'],
    [
      { type: 'gaveUp', ends: [{ reason: 'it broke' }, { reason: null }] },
      'given up after 2 ends: it broke; success',
    ],
    [{ type: 'swapped', from: 1 }, 'generation 2 has taken over from 1'],
    [{ type: 'swapFailed', serving: 1, reason: 'cannot' }, 'the new version did not take over: cannot'],
    [{ type: 'fenced', current: 3 }, 'replaced by generation 3'],
    [{ type: 'cordoned' }, 'cordoned'],
    [
      { type: 'interrupted', state: 'running.serving', operation: null },
      'interrupted by the end of its host: it was running.serving',
    ],
  ])('is a sentence of %j', (entry, text) => {
    expect(journalLine({ sequence: 7, at, generation: 2, ...entry })).toBe(
      `7      2026-11-25 02:04:32.545  2    ${text}`,
    );
  });

  it.each([
    [{ type: 'drained', report: 3 }, 'drained {"report":3}'],
    [
      { type: 'drained', report: { handedOver: 1, aborted: [], abandoned: [], durations: {} } },
      'drained {"report":{"handedOver":1,"aborted":[],"abandoned":[],"durations":{}}}',
    ],
    [{ type: 'gaveUp' }, 'gaveUp'],
  ])('shows the fields of what is not as it should be: %j', (entry, text) => {
    expect(journalLine({ sequence: 7, at, generation: 2, ...entry })).toContain(`  ${text}`);
  });

  it('goes on below its beginning where it is longer than the terminal is wide', () => {
    const reason = `cannot read ${'x'.repeat(50)}`;
    const failed = { ...step, to: 'failed', event: null, failureReason: reason };
    const indent = ' '.repeat(37);
    expect(journalLine(failed, 80).split('\n')).toEqual([
      '7      2026-11-25 02:04:32.545  2    running.serving → failed: cannot read',
      `${indent}${'x'.repeat(43)}`,
      `${indent}${'x'.repeat(7)}`,
    ]);
  });

  it('is left to the terminal where that is narrow', () => {
    expect(journalLine(drain, 40)).toBe(journalLine(drain));
  });

  it('shows the fields of what it does not know, and escapes what a terminal would obey', () => {
    const { sequence, generation } = step;
    expect(journalLine({ sequence, at, generation, type: 'novel\u001b[2J', value: 1 })).toBe(
      '7      2026-11-25 02:04:32.545  2    novel\\u001b[2J {"value":1}',
    );
  });
});
