import { assertKnownKeys } from '../values/assert-known-keys.js';
import { checkLifecycle, type CheckOptions } from './check-lifecycle.js';
import { lifecyclePaths, type LifecyclePathsOptions } from './paths/lifecycle-paths.js';
import type { CreateSubject } from './lifecycle-subject.js';
import { runPath } from './run-path.js';
import { presentRunner, type TestRunner } from './test-runner.js';

/** Which tests of a lifecycle are registered, and how. */
export interface DescribeLifecycleOptions extends LifecyclePathsOptions {
  /** The random sequences; none are run with `runs: 0`. */
  readonly random?: Omit<CheckOptions, 'input' | 'onRun'>;
  /**
   * Milliseconds that a test may take, for runners that take one: 60 000 by default. One of the tests sends more than
   * 10 000 events.
   */
  readonly timeout?: number;
  /** The global `describe` and `it`, or else those of node:test, where it is not given. */
  readonly runner?: TestRunner;
}

/** Registers the tests that an implementation of the lifecycle must pass, in whatever runner is there. */
export function describeLifecycle(
  name: string,
  createSubject: CreateSubject,
  options: DescribeLifecycleOptions = {},
): void {
  assertKnownKeys('DescribeLifecycleOptions', options, ['cover', 'input', 'random', 'timeout', 'runner']);
  const { runner = presentRunner(), random = {}, timeout = 60_000, ...pathsOptions } = options;
  const { describe, it } = runner;
  describe(name, () => {
    for (const path of lifecyclePaths(pathsOptions)) {
      it(path.name, () => runPath(path, createSubject), timeout);
    }
    if (random.runs === 0) return;
    it(
      'random sequences',
      async () => {
        const result = await checkLifecycle(createSubject, {
          ...random,
          ...(options.input && { input: options.input }),
        });
        if (!result.failed) return;
        const { seed, path, error } = result;
        const maxSteps = random.maxSteps === undefined ? '' : `, maxSteps: ${random.maxSteps}`;
        const replay = `To replay it: { random: { seed: ${seed}, path: '${path}'${maxSteps} } }`;
        throw new Error(`${error.message}\n${replay}`, {
          cause: error,
        });
      },
      timeout,
    );
  });
}
