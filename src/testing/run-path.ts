import type { LifecyclePath } from './lifecycle-paths.js';
import type { CreateSubject } from './lifecycle-subject.js';
import { Trial } from './trial.js';

/**
 * Takes a new subject along a path.
 *
 * @throws {ConformanceError} at the first step after which something else holds than the chart says
 */
export async function runPath(path: LifecyclePath, createSubject: CreateSubject): Promise<void> {
  await Trial.of(createSubject, path.input, async (trial) => {
    for (const { step, expected } of path.steps) await trial.take(step, expected);
  });
}
