import { describe, expect, it } from '@jest/globals';
import assert from 'node:assert/strict';
import {
  checkLifecycle,
  describeLifecycle,
  machineSubject,
  type DescribeLifecycleOptions,
  type LifecycleSubject,
  type SendResult,
} from '../../src/testing/index.js';
import { scaled } from '../scale.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { acceleratedSubject, fleetSubject } from './subjects.js';

const extent = scaled<DescribeLifecycleOptions>({
  quick: { cover: 'transitions', random: { runs: 20 } },
  slow: {},
});

describeLifecycle('an accelerated machine', (input) => acceleratedSubject(input), extent);

describeLifecycle('a fleet', (input) => fleetSubject(input), extent);

/** Subjects that are one as long as they agree. */
function together(subjects: readonly LifecycleSubject[]): LifecycleSubject {
  const agreed = async <Answer>(ask: (subject: LifecycleSubject) => Answer): Promise<Awaited<Answer>> => {
    const [first, ...others] = await Promise.all(subjects.map(ask));
    for (const other of others) assert.deepStrictEqual(other, first);
    return first as Awaited<Answer>;
  };
  return {
    hasCapacity: true,
    send: (event) => agreed((subject) => subject.send(event)),
    state: () => agreed((subject) => subject.state()),
    advance: (ms) =>
      agreed((subject) => subject.advance(ms) as SendResult | undefined) as Promise<SendResult>,
    settle: (operation, outcome) =>
      agreed(
        (subject) => subject.settle(operation, outcome) as SendResult | undefined,
      ) as Promise<SendResult>,
    observed: () => agreed((subject) => subject.observed?.() ?? { operations: [], refusals: 0 }),
    dispose: () => agreed((subject) => subject.dispose()),
  };
}

describe('random sequences', () => {
  it('come to the same in XState, accelerated and in a fleet, side by side', async () => {
    const { failed } = await checkLifecycle(
      (input) => together([machineSubject(input), acceleratedSubject(input), fleetSubject(input)]),
      { runs: scaled({ quick: 20, slow: 100 }) },
    );
    expect(failed).toBe(false);
  });

  // It is found and made short in no time; the exhaustive comparison tells of more.
  const bug = 'a deadline that comes late';

  it(`tell of ${bug} in an accelerated machine`, async () => {
    const { failed } = await checkLifecycle((input) => acceleratedSubject(input, PLANTED_BUGS[bug]), {
      seed: 1,
    });
    expect(failed).toBe(true);
  });

  it(`tell of ${bug} in a fleet`, async () => {
    const { failed } = await checkLifecycle((input) => fleetSubject(input, PLANTED_BUGS[bug]), { seed: 1 });
    expect(failed).toBe(true);
  });
});
