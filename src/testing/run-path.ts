import type { LifecyclePath } from './paths/lifecycle-paths.js';
import type { CreateSubject } from './lifecycle-subject.js';
import { SubjectRun } from './subject-run.js';

/**
 * Takes a new subject along a path.
 *
 * @throws {ConformanceError} at the first step after which something else holds than the chart says
 */
export async function runPath(path: LifecyclePath, createSubject: CreateSubject): Promise<void> {
  await SubjectRun.of(createSubject, path.input, async (subjectRun) => {
    for (const { step, expected } of path.steps) await subjectRun.take(step, expected);
  });
}
