import { checkLifecycle, type CheckOptions } from './check-lifecycle.js';
import { ConformanceError } from './conformance-error.js';
import type { LifecyclePath } from './lifecycle-paths.js';
import type { LifecycleStep } from './lifecycle-step.js';
import type { CreateSubject } from './lifecycle-subject.js';
import { runPath } from './run-path.js';

/** What a subject made of the paths that end in one of its situations. */
interface SituationResult {
  /** A state, and the operation in flight there: `unloaded, loading`. */
  readonly situation: string;
  readonly passed: number;
  readonly failed: number;
}

export interface ConformanceReport {
  readonly passed: boolean;
  readonly situations: readonly SituationResult[];
  /** The names of the paths that failed. */
  readonly failedPaths: readonly string[];
  readonly random: { readonly runs: number; readonly seed: number; readonly path: string | null };
  readonly shortestFailure: { readonly steps: readonly LifecycleStep[]; readonly message: string } | null;
}

export interface ConformanceOptions {
  readonly paths: readonly LifecyclePath[];
  readonly random: Omit<CheckOptions, 'onRun'>;
  /** Told how many of all paths and sequences were run. */
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * Runs paths and random sequences on a subject, all of them whatever fails.
 *
 * @throws what the subject throws that is no deviation from the lifecycle
 */
export async function conformanceOf(
  createSubject: CreateSubject,
  { paths, random, onProgress = () => undefined }: ConformanceOptions,
): Promise<ConformanceReport> {
  const results: { path: LifecyclePath; error: ConformanceError | null }[] = [];
  const all = paths.length + (random.runs ?? 100);
  for (const path of paths) {
    results.push({ path, error: await deviationOf(path, createSubject) });
    onProgress(results.length, all);
  }
  const check = await randomCheck(createSubject, random, (run) => {
    onProgress(Math.min(all, paths.length + run), all);
  });
  const failures = [...results.map(({ error }) => error), check.error].filter((error) => error !== null);
  return {
    passed: failures.length === 0,
    situations: situationsOf(results),
    failedPaths: results.filter(({ error }) => error !== null).map(({ path }) => path.name),
    random: { runs: check.runs, seed: check.seed, path: check.path },
    shortestFailure: shortestOf(failures),
  };
}

async function deviationOf(
  path: LifecyclePath,
  createSubject: CreateSubject,
): Promise<ConformanceError | null> {
  try {
    await runPath(path, createSubject);
    return null;
  } catch (error) {
    if (error instanceof ConformanceError) return error;
    throw error;
  }
}

async function randomCheck(
  createSubject: CreateSubject,
  options: CheckOptions,
  onRun: (run: number) => void,
) {
  if (options.runs === 0) return { runs: 0, seed: options.seed ?? 0, path: null, error: null };
  let run = 0;
  const result = await checkLifecycle(createSubject, {
    ...options,
    onRun: () => {
      onRun(++run);
    },
  });
  const { runs, seed } = result;
  if (!result.failed) return { runs, seed, path: null, error: null };
  if (result.error instanceof ConformanceError) return { runs, seed, path: result.path, error: result.error };
  throw result.error;
}

function situationsOf(results: readonly { path: LifecyclePath; error: unknown }[]): SituationResult[] {
  const counts = new Map<string, { passed: number; failed: number }>();
  for (const { path, error } of results) {
    const before = path.steps.at(-2)?.expected.view ?? { state: 'unloaded', operation: null };
    const situation = [before.state, before.operation].filter((part) => part !== null).join(', ');
    const count = counts.get(situation) ?? { passed: 0, failed: 0 };
    if (error === null) count.passed++;
    else count.failed++;
    counts.set(situation, count);
  }
  return [...counts].map(([situation, count]) => ({ situation, ...count }));
}

function shortestOf(failures: readonly ConformanceError[]): ConformanceReport['shortestFailure'] {
  const shortest = failures.reduce<ConformanceError | null>(
    (best, each) => (best === null || each.deviation.index < best.deviation.index ? each : best),
    null,
  );
  if (shortest === null) return null;
  const { steps, index } = shortest.deviation;
  return { steps: steps.slice(0, index + 1), message: shortest.message };
}
