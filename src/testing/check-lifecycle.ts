import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { randomStep, type StepChoice } from './random-step.js';
import { ConformanceError } from './conformance-error.js';
import { LifecycleModel } from './lifecycle-model.js';
import { brokenInvariant } from './invariants.js';
import { stepName, type LifecycleStep, type LifecycleView } from './lifecycle-step.js';
import {
  applyStep,
  DEFAULT_INPUT,
  type CreateSubject,
  type LifecycleSubject,
  type SubjectInput,
} from './lifecycle-subject.js';

export interface CheckOptions {
  /** How many random sequences are run; 100 by default. */
  readonly runs?: number;
  /** With `path`, as a failure gives them, replays that failure. */
  readonly seed?: number;
  readonly path?: string;
  /** The most steps of a sequence; 100 by default. */
  readonly maxSteps?: number;
  readonly input?: Partial<SubjectInput>;
  /** Called before each sequence, those of the search for the shortest among them. */
  readonly onRun?: () => void;
}

export type CheckResult =
  | { readonly failed: false; readonly runs: number; readonly seed: number }
  | {
      readonly failed: true;
      readonly runs: number;
      readonly seed: number;
      /** With the seed, replays the failure. */
      readonly path: string;
      /** What went wrong in the shortest failing sequence. */
      readonly error: unknown;
    };

/** Between fast-check's path to a sequence and the one within it. */
const PATHS_APART = '.';

/** Runs random sequences on a subject and on the chart side by side; a failing one is shrunk to the shortest. */
export async function checkLifecycle(
  createSubject: CreateSubject,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const { runs = 100, seed, path, maxSteps = 100, onRun = () => undefined } = options;
  const input = { ...DEFAULT_INPUT, ...options.input };
  const [searchPath, replayPath] = path?.split(PATHS_APART) ?? [];
  const sequences = fc.commands([randomStep(input).map((choice) => new StepCommand(choice))], {
    maxCommands: maxSteps,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  const property = fc.asyncProperty(sequences, async (commands) => {
    onRun();
    const subject = await createSubject(input);
    try {
      const real = { subject, input, taken: [] as LifecycleStep[], before: await subject.state() };
      await fc.asyncModelRun(() => ({ model: new LifecycleModel(input), real }), commands);
    } finally {
      await subject.dispose();
    }
  });
  const details = await fc.check(property, {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(searchPath !== undefined && { path: searchPath }),
  });
  if (!details.failed) return { failed: false, runs: details.numRuns, seed: details.seed };
  return {
    failed: true,
    runs: details.numRuns,
    seed: details.seed,
    path: [details.counterexamplePath, replayPathIn(details.counterexample)].join(PATHS_APART),
    error: details.errorInstance,
  };
}

/** Which of its steps a sequence has taken, without which fast-check cannot find it again. It only prints that. */
function replayPathIn(counterexample: readonly unknown[] | null): string {
  return /replayPath="(.*)"/.exec(String(counterexample?.[0]))?.[1] ?? '';
}

interface Real {
  readonly subject: LifecycleSubject;
  readonly input: SubjectInput;
  readonly taken: LifecycleStep[];
  before: LifecycleView;
}

/** One step, on the chart and on the subject. */
class StepCommand implements fc.AsyncCommand<LifecycleModel, Real> {
  readonly #choose: StepChoice;
  #step: LifecycleStep | null = null;

  constructor(choose: StepChoice) {
    this.#choose = choose;
  }

  check(): boolean {
    return true;
  }

  async run(model: LifecycleModel, real: Real): Promise<void> {
    const step = this.#choose(model);
    this.#step = step;
    real.taken.push(step);
    const expected = model.apply(step);
    const actual = await applyStep(real.subject, step);
    const invariant =
      brokenInvariant(real.before, actual) ?? (await firesTwice(step, real.subject, actual.view));
    if (invariant !== null || !isDeepStrictEqual(actual, expected)) {
      const index = real.taken.length - 1;
      throw new ConformanceError({
        steps: real.taken,
        index,
        input: real.input,
        expected,
        actual,
        invariant,
      });
    }
    real.before = actual.view;
  }

  toString(): string {
    return this.#step === null ? 'not taken' : stepName(this.#step);
  }
}

/** What was due has fired by now: more of the same moment changes nothing. */
async function firesTwice(
  step: LifecycleStep,
  subject: LifecycleSubject,
  view: LifecycleView,
): Promise<string | null> {
  if (step.do !== 'advance') return null;
  const again = await applyStep(subject, { do: 'advance', ms: 0 });
  return isDeepStrictEqual(again.view, view) ? null : 'A deadline fires exactly once';
}
