import fc from 'fast-check';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import type { LifecycleStep } from './lifecycle-step.js';
import type { SubjectInput } from './lifecycle-subject.js';

const { events, operations } = agentLifecycleChart;

/** Events that end the lifecycle soon, and those that are never taken, are rarer, so that sequences get far. */
const RARE = new Set<string>(['agent.fail', 'agent.stop', 'agent.unload']);

/** Any one thing that can happen to a lifecycle. */
export function randomStep({ transitionTimeout, drainTimeout }: SubjectInput): fc.Arbitrary<LifecycleStep> {
  const common = events.filter((type) => !RARE.has(type)).map((type) => ({ type }));
  const rare = [...RARE, 'agent.dance'].map((type) =>
    type === 'agent.fail' ? { type, reason: 'told to' } : { type },
  );
  const deadlines = [transitionTimeout, drainTimeout].flatMap((ms) => [ms - 1, ms]);
  const send = (choices: readonly { type: string; reason?: string }[]) =>
    fc.constantFrom(...choices).map((event): LifecycleStep => ({ do: 'send', event }));
  const settle = (outcome: fc.Arbitrary<{ type: 'done' } | { type: 'error'; message: string }>) =>
    fc
      .tuple(fc.constantFrom(...operations), outcome)
      .map(([operation, end]): LifecycleStep => ({ do: 'settle', operation, outcome: end }));
  return fc.oneof(
    { weight: 30, arbitrary: send(common) },
    { weight: 4, arbitrary: send(rare) },
    { weight: 30, arbitrary: settle(fc.constant({ type: 'done' })) },
    {
      weight: 1,
      arbitrary: settle(fc.string({ minLength: 1 }).map((message) => ({ type: 'error', message }))),
    },
    {
      weight: 4,
      arbitrary: fc
        .oneof(fc.constantFrom(0, 1, ...deadlines), fc.nat(drainTimeout))
        .map((ms): LifecycleStep => ({ do: 'advance', ms })),
    },
  );
}
