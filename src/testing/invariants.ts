import { isDeepStrictEqual } from 'node:util';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { PendingRequestCount } from '../values/pending-request-count.js';
import type { LifecycleView, StepResult } from './lifecycle-step.js';
import type { Observation } from './lifecycle-subject.js';

/** A moment of a lifecycle, with what was observed around it, if anything was. */
export interface Moment {
  readonly view: LifecycleView;
  readonly observed: Observation | null;
}

type Invariant = readonly [name: string, holds: (before: Moment, after: Moment & StepResult) => boolean];

const INVARIANTS: readonly Invariant[] = [
  [
    'The count of pending requests lies from 0 to 10 000',
    (_, { view }) => PendingRequestCount.safeParse(view.pendingRequests).success,
  ],
  [
    'The count of pending requests changes by one at most',
    (before, { view }) => Math.abs(view.pendingRequests - before.view.pendingRequests) <= 1,
  ],
  [
    'A final state never changes',
    (before, { view }) =>
      !agentLifecycleChart.isFinal(before.view.state) || isDeepStrictEqual(view, before.view),
  ],
  [
    'An operation is in flight only in a state that has it',
    (_, { view }) => agentLifecycleChart.hasOperation(view.state, view.operation),
  ],
  [
    'No two operations are in flight, and none that the view does not show',
    (_, { view, observed }) =>
      observed === null ||
      isDeepStrictEqual(observed.operations, view.operation === null ? [] : [view.operation]),
  ],
  ['A refusal has a code, and nothing else has one', (_, { accepted, code }) => accepted === (code === null)],
  [
    'A refusal changes nothing',
    (before, { accepted, view }) => accepted || isDeepStrictEqual(view, before.view),
  ],
  [
    'Every refusal is reported once',
    (before, after) =>
      before.observed === null ||
      after.observed === null ||
      after.observed.refusals - before.observed.refusals === expectedReports(after),
  ],
];

/** What must hold of any two moments of a lifecycle, whatever happened between them; null while it does. */
export function brokenInvariant(before: Moment, after: Moment & StepResult): string | null {
  const broken = INVARIANTS.find(([, holds]) => !holds(before, after));
  return broken?.[0] ?? null;
}

/** A lifecycle that has ended reports no more: its host refuses in its place. */
function expectedReports({ accepted, code }: StepResult): number {
  return accepted || code === 'TerminalState' ? 0 : 1;
}
