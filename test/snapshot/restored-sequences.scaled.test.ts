import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { parsePersistedLifecycle, persistLifecycle, type RestoredTimers } from '../../src/durable.js';
import type { AgentLifecycleEvent } from '../../src/index.js';
import { LifecycleModel, type ModelTimer } from '../../src/testing/lifecycle-model.js';
import { ACCEPTED } from '../../src/testing/lifecycle-step.js';
import { applyStep, type LifecycleSubject } from '../../src/testing/lifecycle-subject.js';
import { randomStep, type StepChoice } from '../../src/testing/random-step.js';
import { viewOf } from '../../src/testing/view-of.js';
import { scaled } from '../scale.js';
import { RestorableRig } from './restorable-rig.js';

const RUNS = scaled({ quick: 50, slow: 2_000 });
const INPUT = { transitionTimeout: 1_000, drainTimeout: 5_000 };

/** Ends the process, and goes on in another so many milliseconds later. */
interface Restore {
  readonly after: number;
}

const sequences = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: randomStep(INPUT) },
    { weight: 1, arbitrary: fc.record({ after: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(10_000)) }) },
  ),
  { maxLength: 60, size: 'max' },
);

/** Lets the time between the processes pass for a lifecycle that never ended its process, as each mode defines it. */
function passOver(
  model: LifecycleModel,
  running: Map<string, ModelTimer>,
  timers: RestoredTimers,
  after: number,
): void {
  switch (timers) {
    case 'deadline':
      // What is due in between fires at the restore; what that begins runs from then.
      model.advance(Math.min(after, model.untilDeadline ?? 0));
      return;
    case 'remaining':
      return;
    case 'restart':
      for (const [id, timer] of running) running.set(id, { ...timer, at: model.now + timer.delay });
  }
}

function subjectOf(rig: RestorableRig): LifecycleSubject {
  return {
    send: (event) => {
      if (rig.actor.getSnapshot().status !== 'active') return { accepted: false, code: 'TerminalState' };
      const before = rig.refusals.length;
      rig.actor.send(event as AgentLifecycleEvent);
      const code = rig.refusals[before];
      return code === undefined ? ACCEPTED : { accepted: false, code };
    },
    state: () => viewOf(rig.actor.getSnapshot()),
    advance: (ms) => {
      rig.advance(ms);
    },
    settle: (operation, outcome) => rig.held.settle(operation, outcome),
    dispose: () => undefined,
  };
}

async function runBeside(steps: readonly (StepChoice | Restore)[], timers: RestoredTimers): Promise<void> {
  const running = new Map<string, ModelTimer>();
  const model = new LifecycleModel(INPUT, running);
  const rig = new RestorableRig(INPUT);
  const subject = subjectOf(rig);
  for (const each of steps) {
    if (typeof each === 'function') {
      const step = each(model);
      expect(await applyStep(subject, step)).toEqual(model.apply(step));
      continue;
    }
    const written = persistLifecycle(rig.actor, { now: rig.now });
    if (!isDeepStrictEqual(parsePersistedLifecycle(JSON.parse(JSON.stringify(written))), written)) {
      throw new Error('It is not read back as it was written');
    }
    rig.crash({ timers, ...each });
    passOver(model, running, timers, each.after);
    expect(viewOf(rig.actor.getSnapshot())).toEqual(model.state());
    const { operation } = model.state();
    expect(rig.held.inFlight).toEqual(operation === null ? [] : [operation]);
  }
}

describe('a lifecycle that is persisted and restored at random moments', () => {
  it.each<RestoredTimers>(['deadline', 'remaining', 'restart'])(
    'by %s goes on as one that never was',
    async (timers) => {
      await fc.assert(
        fc.asyncProperty(sequences, (steps) => runBeside(steps, timers)),
        { numRuns: RUNS },
      );
    },
    300_000,
  );
});
