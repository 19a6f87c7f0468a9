import { isDeepStrictEqual } from 'node:util';
import { ConformanceError } from './conformance-error.js';
import { brokenInvariant, type Moment } from './invariants.js';
import { LifecycleModel } from './lifecycle-model.js';
import { ACCEPTED, type LifecycleStep, type StepResult } from './lifecycle-step.js';
import {
  applyStep,
  viewIn,
  type CreateSubject,
  type LifecycleSubject,
  type SubjectInput,
} from './lifecycle-subject.js';

/** Whether the subjects that a function creates have a capacity, once it has created one. */
const capacities = new WeakMap<CreateSubject, boolean>();

/** Runs one subject, and compares each step with what the chart says. */
export class SubjectRun {
  readonly #subject: LifecycleSubject;
  /** What the subject was created with. */
  readonly input: SubjectInput;
  readonly #taken: LifecycleStep[] = [];
  #before: Moment | null = null;

  private constructor(subject: LifecycleSubject, input: SubjectInput) {
    this.#subject = subject;
    this.input = input;
  }

  /**
   * Runs a new subject, and disposes of it. One without a capacity is run as one with the default.
   *
   * @throws {ConformanceError} when the subject throws, or is not what the lifecycle demands
   */
  static async of(
    createSubject: CreateSubject,
    wanted: SubjectInput,
    run: (subjectRun: SubjectRun) => Promise<unknown>,
  ): Promise<void> {
    const input = (await hasCapacity(createSubject, wanted)) ? wanted : withoutCapacity(wanted);
    const none = beforeAnyStep(input);
    const { expected } = none;
    const subject = await thrownAsDeviation(none, async () => createSubject(input));
    const subjectRun = new SubjectRun(subject, input);
    try {
      await subjectRun.#begin(expected);
      await run(subjectRun);
    } catch (error) {
      // What broke first is what is told: that it cannot be disposed of either comes of that.
      await (async () => subject.dispose())().catch(() => undefined);
      throw error;
    }
    await thrownAsDeviation(subjectRun.#deviation(expected), async () => subject.dispose());
  }

  /** @throws {ConformanceError} when something else holds after the step than the chart says */
  async take(step: LifecycleStep, expected: StepResult): Promise<void> {
    this.#taken.push(step);
    const deviation = this.#deviation(expected);
    const [actual, after, invariant] = await thrownAsDeviation(deviation, async () => {
      const result = await applyStep(this.#subject, step);
      const moment = { ...result, observed: (await this.#subject.observed?.()) ?? null };
      const broken =
        brokenInvariant(this.#before ?? moment, moment) ?? (await this.#firesTwice(step, result));
      return [result, moment, broken] as const;
    });
    if (invariant !== null || !isDeepStrictEqual(actual, expected)) {
      throw new ConformanceError({ ...deviation, actual, invariant });
    }
    this.#before = after;
  }

  async #begin(expected: StepResult): Promise<void> {
    const deviation = this.#deviation(expected);
    this.#before = await thrownAsDeviation(deviation, async () => ({
      view: await viewIn(this.#subject),
      observed: (await this.#subject.observed?.()) ?? null,
    }));
    const actual = { ...ACCEPTED, view: this.#before.view };
    if (!isDeepStrictEqual(actual, expected)) throw new ConformanceError({ ...deviation, actual });
  }

  /** What was due has fired by now: more of the same moment changes nothing. */
  async #firesTwice(step: LifecycleStep, { view }: StepResult): Promise<string | null> {
    if (step.do !== 'advance') return null;
    const again = await applyStep(this.#subject, { do: 'advance', ms: 0 });
    return isDeepStrictEqual(again.view, view) ? null : 'A deadline fires exactly once';
  }

  #deviation(expected: StepResult) {
    const steps = [...this.#taken];
    return { steps, index: steps.length - 1, input: this.input, expected };
  }
}

/** Whether a subject can be created with the capacity of an input, if it has one. The first subject says so. */
async function hasCapacity(createSubject: CreateSubject, input: SubjectInput): Promise<boolean> {
  if (input.capacity === undefined) return true;
  const known = capacities.get(createSubject);
  if (known !== undefined) return known;
  const without = withoutCapacity(input);
  return thrownAsDeviation(beforeAnyStep(without), async () => {
    const subject = await createSubject(without);
    const has = subject.hasCapacity === true;
    await subject.dispose();
    capacities.set(createSubject, has);
    return has;
  });
}

function withoutCapacity({ capacity: _, ...input }: SubjectInput): SubjectInput {
  return input;
}

function beforeAnyStep(input: SubjectInput) {
  const expected = { ...ACCEPTED, view: new LifecycleModel(input).state() };
  return { steps: [], index: -1, input, expected };
}

async function thrownAsDeviation<Value>(
  deviation: Pick<ConformanceError['deviation'], 'steps' | 'index' | 'input' | 'expected'>,
  run: () => Promise<Value>,
): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    throw new ConformanceError({ ...deviation, actual: null }, { cause: error });
  }
}
