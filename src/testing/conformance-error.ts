import { TypedError, type MessagesOf } from '../values/typed-error.js';
import { stepName, type LifecycleStep, type StepResult } from './lifecycle-step.js';
import type { SubjectInput } from './lifecycle-subject.js';

/** A step that a subject answered in another way than the lifecycle demands. */
export interface Deviation {
  readonly steps: readonly LifecycleStep[];
  /** The step that broke, counted from 0. */
  readonly index: number;
  readonly input: SubjectInput;
  readonly expected: StepResult;
  /** Null when the subject threw: that is the error's cause. */
  readonly actual: StepResult | null;
  /** The rule of any lifecycle that was broken, where it is one. */
  readonly invariant?: string | null;
}

interface Details {
  NotConforming: { readonly deviation: Deviation; readonly cause: unknown };
}

const messages: MessagesOf<Details> = {
  NotConforming: ({ deviation, cause }) => messageFor(deviation, cause),
};

const MAX_SHOWN_STEPS = 20;

/** A subject that does something else than the chart says. The message has all that replays it. */
export class ConformanceError extends TypedError<Details> {
  static override readonly brand: string = 'ConformanceError';
  override readonly name = 'ConformanceError';
  readonly deviation: Deviation;

  constructor(deviation: Deviation, options?: ErrorOptions) {
    super(messages, { code: 'NotConforming', deviation, cause: options?.cause }, options);
    this.deviation = deviation;
  }
}

function messageFor({ steps, index, input, expected, actual, invariant }: Deviation, cause: unknown): string {
  const step = steps[index];
  const replay = steps.slice(0, index + 1);
  const hidden = Math.max(0, replay.length - MAX_SHOWN_STEPS);
  return [
    ...(invariant ? [`Broken: ${invariant}`] : []),
    step === undefined
      ? 'A new agent is not what the lifecycle demands'
      : `Step ${index + 1}, ${stepName(step)}, did not do what the lifecycle demands`,
    `  expected ${JSON.stringify(expected)}`,
    actual === null ? `  the subject threw ${String(cause)}` : `  received ${JSON.stringify(actual)}`,
    `To replay it, with ${JSON.stringify(input)}:`,
    ...(hidden > 0 ? [`  (${hidden} steps before these; the deviation has them all)`] : []),
    ...replay.slice(hidden).map((each) => `  ${JSON.stringify(each)}`),
  ].join('\n');
}
