import fc from 'fast-check';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { accepts } from '../chart/accepts.js';
import type { LifecycleModel } from './lifecycle-model.js';
import type { LifecycleStep, OperationOutcome } from './lifecycle-step.js';
import type { SubjectInput } from './lifecycle-subject.js';

/** A step that is chosen before it is known where the lifecycle will be: some look at where it is then. */
export type StepChoice = (model: LifecycleModel) => LifecycleStep;

const { events, operations } = agentLifecycleChart;
const DONE: OperationOutcome = { type: 'done' };

/**
 * Any one thing that can happen to a lifecycle. Most choices lead on from where it is, so that sequences get far;
 * the rest is anything, anywhere.
 */
export function randomStep({ transitionTimeout, drainTimeout }: SubjectInput): fc.Arbitrary<StepChoice> {
  const reason = fc.oneof(
    fc.constant(undefined),
    fc.string(),
    fc.string({ unit: 'grapheme', minLength: 990, maxLength: 1_010 }),
  );
  const failing = reason.map((text) =>
    text === undefined ? { type: 'agent.fail' } : { type: 'agent.fail', reason: text },
  );
  const anyEvent = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(...events.filter((type) => type !== 'agent.fail')).map((type) => ({ type })),
    },
    {
      weight: 1,
      arbitrary: fc.oneof(
        failing,
        fc.constantFrom('agent.dance', 'request', '').map((type) => ({ type })),
      ),
    },
  );
  const outcome = fc.oneof(
    { weight: 20, arbitrary: fc.constant(DONE) },
    {
      weight: 1,
      arbitrary: fc.string({ minLength: 1 }).map((message): OperationOutcome => ({ type: 'error', message })),
    },
  );
  return fc.oneof(
    {
      weight: 16,
      arbitrary: fc.nat().map(
        (choice): StepChoice =>
          (model) =>
            stepOn(model, choice),
      ),
    },
    {
      weight: 6,
      arbitrary: fc.constantFrom('request.accept', 'request.accept', 'request.complete').map(sending),
    },
    { weight: 1, arbitrary: anyEvent.map((event): StepChoice => () => ({ do: 'send', event })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...operations), outcome)
        .map(([operation, end]): StepChoice => () => ({ do: 'settle', operation, outcome: end })),
    },
    {
      weight: 1,
      arbitrary: fc
        .oneof(fc.constantFrom(0, 1, transitionTimeout, drainTimeout), fc.nat(drainTimeout))
        .map((ms): StepChoice => () => ({ do: 'advance', ms })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(0, -1, 1).map((off): StepChoice => ({ untilDeadline }) => ({
        do: 'advance',
        ms: Math.max(0, (untilDeadline ?? 0) + off),
      })),
    },
  );
}

function sending(type: string): StepChoice {
  return () => ({ do: 'send', event: { type } });
}

/** What leads on: the end of the operation in flight, or else the command for the next state. */
function stepOn({ snapshot }: LifecycleModel, choice: number): LifecycleStep {
  const { operation } = snapshot.context;
  const commands = accepts(snapshot).filter(
    (type) => type !== 'agent.fail' && agentLifecycleChart.targetOf(type) !== null,
  );
  const interrupts = operation !== null && commands.length > 0 && choice % 6 === 0;
  if (operation !== null && !interrupts) return { do: 'settle', operation, outcome: DONE };
  const onward = commands.filter((type) => interrupts || choice % 8 === 0 || !BACK.has(type));
  // Once it runs, a lifecycle is left there most of the time, for requests to come.
  const rests = operation === null && snapshot.hasTag('active') && choice % 6 > 0;
  return {
    do: 'send',
    event: { type: (rests ? null : onward[choice % onward.length]) ?? 'request.complete' },
  };
}

/** Commands that lead away from where most is to be seen. */
const BACK = new Set<string>(['agent.stop', 'agent.unload']);
