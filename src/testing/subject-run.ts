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

/** Runs one subject, and compares each step with what the chart says. */
export class SubjectRun {
  readonly #subject: LifecycleSubject;
  readonly #input: SubjectInput;
  readonly #taken: LifecycleStep[] = [];
  #before: Moment | null = null;

  private constructor(subject: LifecycleSubject, input: SubjectInput) {
    this.#subject = subject;
    this.#input = input;
  }

  /**
   * Runs a new subject, and disposes of it.
   *
   * @throws {ConformanceError} when the subject throws, or is not what the lifecycle demands
   */
  static async of(
    createSubject: CreateSubject,
    input: SubjectInput,
    run: (subjectRun: SubjectRun) => Promise<unknown>,
  ): Promise<void> {
    const expected = { ...ACCEPTED, view: new LifecycleModel(input).state() };
    const none = { steps: [], index: -1, input, expected };
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
    return { steps, index: steps.length - 1, input: this.#input, expected };
  }
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
