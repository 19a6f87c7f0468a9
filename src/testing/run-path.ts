import { isDeepStrictEqual } from 'node:util';
import { ConformanceError } from './conformance-error.js';
import { LifecycleModel } from './lifecycle-model.js';
import type { LifecyclePath } from './lifecycle-paths.js';
import { applyStep, type CreateSubject } from './lifecycle-subject.js';

/**
 * Takes a new subject along a path.
 *
 * @throws {ConformanceError} at the first step after which something else holds than the chart says
 */
export async function runPath(path: LifecyclePath, createSubject: CreateSubject): Promise<void> {
  const subject = await createSubject(path.input);
  try {
    const initial = { accepted: true, code: null, view: new LifecycleModel(path.input).state() };
    const begun = { accepted: true, code: null, view: await subject.state() };
    if (!isDeepStrictEqual(begun, initial)) {
      throw new ConformanceError({
        steps: [],
        index: -1,
        input: path.input,
        expected: initial,
        actual: begun,
      });
    }
    for (const [index, { step, expected }] of path.steps.entries()) {
      const actual = await applyStep(subject, step);
      if (isDeepStrictEqual(actual, expected)) continue;
      const steps = path.steps.map((each) => each.step);
      throw new ConformanceError({ steps, index, input: path.input, expected, actual });
    }
  } finally {
    await subject.dispose();
  }
}
