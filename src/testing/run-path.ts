import { expectedSteps, type LifecyclePath } from './paths/lifecycle-paths.js';
import type { CreateSubject } from './lifecycle-subject.js';
import { SubjectRun } from './subject-run.js';

/**
 * Takes a new subject along a path. Of one without a capacity, what the chart says with the default is expected.
 *
 * @throws {ConformanceError} at the first step after which something else holds than the chart says
 */
export async function runPath(path: LifecyclePath, createSubject: CreateSubject): Promise<void> {
  await SubjectRun.of(createSubject, path.input, async (subjectRun) => {
    const isAsWanted = subjectRun.input.capacity === path.input.capacity;
    const taken = path.steps.map(({ step }) => step);
    const steps = isAsWanted ? path.steps : expectedSteps(taken, subjectRun.input);
    for (const { step, expected } of steps) await subjectRun.take(step, expected);
  });
}
