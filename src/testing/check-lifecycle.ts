import { assertKnownKeys } from '../values/assert-known-keys.js';
import fc from 'fast-check';
import { randomStep, type StepChoice } from './random-step.js';
import { ConformanceError } from './conformance-error.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { LifecycleModel } from './lifecycle-model.js';
import { stepName, type LifecycleStep } from './lifecycle-step.js';
import { parseSubjectInput, type CreateSubject, type SubjectInput } from './lifecycle-subject.js';
import { SubjectRun } from './subject-run.js';

/** How many random sequences are run, and which. */
export interface CheckOptions {
  /** How many random sequences are run; 100 by default. */
  readonly runs?: number;
  /** With `path`, as a failure gives them, replays that failure, where `maxSteps` and `input` are the same. */
  readonly seed?: number;
  readonly path?: string;
  /** The most steps of a sequence; 100 by default. */
  readonly maxSteps?: number;
  /** The timeouts of the agents, and their capacity: without one, the default and small ones are taken in turn. */
  readonly input?: Partial<SubjectInput>;
  /** Whether the shortest sequence that fails is searched for, which may take long; true by default. */
  readonly shrink?: boolean;
  /** Whether what a subject threw ends the whole check, which then throws it: there is no more talking with it. */
  readonly isFatal?: (error: ConformanceError) => boolean;
  /** Called before each sequence, those of the search for the shortest among them. */
  readonly onRun?: () => void;
}

/** What the random sequences have found. */
export type CheckResult =
  | { readonly failed: false; readonly runs: number; readonly seed: number }
  | {
      readonly failed: true;
      readonly runs: number;
      readonly seed: number;
      /** With the seed, replays the failure. */
      readonly path: string;
      /** What went wrong in the shortest failing sequence. */
      readonly error: ConformanceError;
    };

const OPTIONS = [
  'runs',
  'seed',
  'path',
  'maxSteps',
  'input',
  'shrink',
  'isFatal',
  'onRun',
] as const satisfies (keyof CheckOptions)[];

/** With which most comes of a few requests; and the default. */
const CAPACITIES = [undefined, 1, 2, 3];
/** Between fast-check's path to a sequence and the one within it. */
const PATHS_APART = '.';

/**
 * Runs random sequences on a subject and on the chart side by side; a failing one is shrunk to the shortest.
 *
 * @throws {InvalidValueError} for timeouts and a capacity that are out of range, and for a path without its seed
 */
export async function checkLifecycle(
  createSubject: CreateSubject,
  options: CheckOptions = {},
): Promise<CheckResult> {
  assertKnownKeys('CheckOptions', options, OPTIONS);
  const {
    runs = 100,
    seed,
    path,
    maxSteps = 100,
    shrink = true,
    isFatal = () => false,
    onRun = () => undefined,
  } = options;
  const input = parseSubjectInput(options.input);
  if (path !== undefined && seed === undefined) {
    throw new InvalidValueError({
      field: 'seed',
      expected: 'the seed that belongs to the path',
      received: seed,
    });
  }
  const [searchPath, replayPath] = path?.split(PATHS_APART) ?? [];
  const sequences = fc.commands([randomStep(input).map((choice) => new StepCommand(choice))], {
    maxCommands: maxSteps,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  const capacities = fc.constantFrom(...(input.capacity === undefined ? CAPACITIES : [input.capacity]));
  const fatal: ConformanceError[] = [];
  const property = fc.asyncProperty(sequences, capacities, async (commands, capacity) => {
    if (fatal.length > 0) return;
    onRun();
    try {
      const wanted = capacity === undefined ? input : { ...input, capacity };
      await SubjectRun.of(createSubject, wanted, (subjectRun) =>
        fc.asyncModelRun(() => ({ model: new LifecycleModel(subjectRun.input), real: subjectRun }), commands),
      );
    } catch (error) {
      // It is no deviation, and would be shrunk to one that is none either.
      if (!(error instanceof ConformanceError && isFatal(error))) throw error;
      fatal.push(error);
    }
  });
  const details = await fc.check(property, {
    numRuns: runs,
    endOnFailure: !shrink,
    ...(seed !== undefined && { seed }),
    ...(searchPath !== undefined && { path: searchPath }),
  });
  if (fatal[0] !== undefined) throw fatal[0];
  if (!details.failed) return { failed: false, runs: details.numRuns, seed: details.seed };
  return {
    failed: true,
    runs: details.numRuns,
    seed: details.seed,
    path: [details.counterexamplePath, replayPathIn(details.counterexample)].join(PATHS_APART),
    error: details.errorInstance as ConformanceError,
  };
}

/** Which of its steps a sequence has taken, without which fast-check cannot find it again. It only prints that. */
function replayPathIn(counterexample: readonly unknown[] | null): string {
  return /replayPath="(.*)"/.exec(String(counterexample?.[0]))?.[1] ?? '';
}

/** One step, on the chart and on the subject. */
class StepCommand implements fc.AsyncCommand<LifecycleModel, SubjectRun> {
  readonly #choose: StepChoice;
  #step: LifecycleStep | null = null;

  constructor(choose: StepChoice) {
    this.#choose = choose;
  }

  check(): boolean {
    return true;
  }

  async run(model: LifecycleModel, subjectRun: SubjectRun): Promise<void> {
    this.#step = this.#choose(model);
    await subjectRun.take(this.#step, model.apply(this.#step));
  }

  toString(): string {
    return this.#step === null ? 'not taken' : stepName(this.#step);
  }
}
