import {
  checkLifecycle,
  type CheckOptions,
  ConformanceError,
  type CreateSubject,
  type LifecyclePath,
  type LifecycleStep,
  runPath,
  stepName,
} from 'xstate-agent-lifecycle/testing';
import { SubjectProcessError } from './subject-process-error.js';

/** The results of the paths that end in one pair of a situation and a stimulus. */
export interface PairResult {
  /** A state, and the operation in flight there: `unloaded, loading`. */
  readonly situation: string;
  /** What happens there: `agent.load`, `loading done`, `30000 ms`. */
  readonly happening: string;
  /** How many paths passed and failed. */
  readonly passed: number;
  readonly failed: number;
}

export interface ConformanceReport {
  readonly passed: boolean;
  readonly pairs: readonly PairResult[];
  /** The names of the paths that failed. */
  readonly failedPaths: readonly string[];
  readonly random: { readonly runs: number; readonly seed: number; readonly path: string | null };
  readonly shortestFailure: { readonly steps: readonly LifecycleStep[]; readonly message: string } | null;
}

export interface ConformanceOptions {
  readonly paths: readonly LifecyclePath[];
  readonly random: Omit<CheckOptions, 'onRun'>;
  /** Called with the number of paths and sequences that were run, and of all. */
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * Runs paths and random sequences on a subject, all of them whatever fails.
 *
 * @throws {ConformanceError} caused by a {@link SubjectProcessError} when the subject breaks the protocol
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
    onProgress(paths.length + run, all);
  });
  if (check.runs > 0) onProgress(all, all);
  const failures = [...results.map(({ error }) => error), check.error].filter((error) => error !== null);
  return {
    passed: failures.length === 0,
    pairs: pairsOf(results),
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
    if (error instanceof ConformanceError && !isProtocolFailure(error)) return error;
    throw error;
  }
}

async function randomCheck(
  createSubject: CreateSubject,
  options: CheckOptions,
  onRun: (run: number) => void,
) {
  const { runs: wanted = 100 } = options;
  if (wanted === 0) return { runs: 0, seed: options.seed ?? 0, path: null, error: null };
  let run = 0;
  const result = await checkLifecycle(createSubject, {
    ...options,
    isFatal: isProtocolFailure,
    onRun: () => {
      // More are run in search of the shortest that fails.
      if (++run < wanted) onRun(run);
    },
  });
  const { runs, seed } = result;
  if (!result.failed) return { runs, seed, path: null, error: null };
  return { runs, seed, path: result.path, error: result.error };
}

function isProtocolFailure({ cause }: ConformanceError): boolean {
  return cause instanceof SubjectProcessError;
}

function pairsOf(results: readonly { path: LifecyclePath; error: unknown }[]): PairResult[] {
  const pairs = new Map<string, PairResult>();
  for (const { path, error } of results) {
    const last = path.steps.at(-1);
    if (last === undefined) continue;
    const before = path.steps.at(-2)?.expected.view ?? { state: 'unloaded', operation: null };
    const situation = [before.state, before.operation].filter((part) => part !== null).join(', ');
    const happening = stepName(last.step);
    const key = JSON.stringify([situation, happening]);
    const { passed, failed } = pairs.get(key) ?? { passed: 0, failed: 0 };
    const isPassed = error === null;
    pairs.set(key, {
      situation,
      happening,
      passed: passed + Number(isPassed),
      failed: failed + Number(!isPassed),
    });
  }
  return [...pairs.values()];
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
