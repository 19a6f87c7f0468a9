import { isDeepStrictEqual } from 'node:util';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { PendingRequestCount } from '../domain/pending-request-count.js';
import type { LifecycleView, StepResult } from './lifecycle-step.js';

type Invariant = readonly [name: string, holds: (before: LifecycleView, after: StepResult) => boolean];

const INVARIANTS: readonly Invariant[] = [
  [
    'The count of pending requests lies from 0 to 10 000',
    (_, { view }) => PendingRequestCount.safeParse(view.pendingRequests).success,
  ],
  [
    'The count of pending requests changes by one at most',
    (before, { view }) => Math.abs(view.pendingRequests - before.pendingRequests) <= 1,
  ],
  [
    'A final state never changes',
    (before, { view }) => !agentLifecycleChart.isFinal(before.state) || isDeepStrictEqual(view, before),
  ],
  [
    'An operation is in flight only in a state that has it',
    (_, { view }) => agentLifecycleChart.hasOperation(view.state, view.operation),
  ],
  ['A refusal has a code, and nothing else has one', (_, { accepted, code }) => accepted === (code === null)],
  ['A refusal changes nothing', (before, { accepted, view }) => accepted || isDeepStrictEqual(view, before)],
];

/** What must hold of any two moments of a lifecycle, whatever happened between them; null while it does. */
export function brokenInvariant(before: LifecycleView, after: StepResult): string | null {
  const broken = INVARIANTS.find(([, holds]) => !holds(before, after));
  return broken?.[0] ?? null;
}
