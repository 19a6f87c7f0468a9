import { conformanceOf, type ConformanceReport } from '../testing/conformance-report.js';
import { lifecyclePaths, type PathCover } from '../testing/lifecycle-paths.js';
import { SubjectProcess } from '../testing/subject-process.js';
import { UsageError } from './usage-error.js';
import { SubjectProcessError } from '../testing/subject-process-error.js';

export interface ConformOptions {
  readonly cover: PathCover;
  /** Of the random sequences; a random one where none is given. */
  readonly seed: number | undefined;
  /** The number of random sequences: 100, or none with `only`, where it is not given. */
  readonly runs: number | undefined;
  /** Only paths that have this in their name. */
  readonly only: string | undefined;
  readonly json: boolean;
  /** Milliseconds that the subject may take for an answer. */
  readonly timeout: number;
}

/**
 * Holds a program that speaks the conformance protocol against the lifecycle.
 *
 * @returns the exit code: 0 when it conforms, 1 when it does not, 2 when there was no talking with it
 */
export async function conform(command: readonly string[], options: ConformOptions): Promise<number> {
  const { cover, seed, only, runs = only === undefined ? 100 : 0, json, timeout } = options;
  const paths = lifecyclePaths({ cover }).filter(({ name }) => only === undefined || name.includes(only));
  if (paths.length === 0) throw new UsageError(`No path has ${JSON.stringify(only)} in its name`);
  const subject = new SubjectProcess(command, { answerTimeout: timeout });
  try {
    const report = await conformanceOf(subject.createSubject, {
      paths,
      random: { runs, ...(seed !== undefined && { seed }) },
      onProgress: json ? () => undefined : showProgress,
    });
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.passed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SubjectProcessError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    return 2;
  } finally {
    await subject.close();
  }
}

/** On a terminal in one line, anew at each step; elsewhere at each quarter, so as not to fill a log. */
function showProgress(done: number, all: number): void {
  const text = `${done} of ${all} paths and sequences`;
  if (process.stderr.isTTY) process.stderr.write(`\r${text}${done === all ? '\n' : ''}`);
  else if (done % Math.ceil(all / 4) === 0 || done === all) process.stderr.write(`${text}\n`);
}

function reportText({ situations, random, shortestFailure, failedPaths }: ConformanceReport): string {
  const width = Math.max('all'.length, ...situations.map(({ situation }) => situation.length));
  const row = (name: string, passed: string | number, failed: string | number) =>
    `${name.padEnd(width)}  ${String(passed).padStart(6)}  ${String(failed).padStart(6)}`;
  const sum = (key: 'passed' | 'failed') => situations.reduce((total, each) => total + each[key], 0);
  const replay =
    random.path === null ? 'passed' : `failed; replay it with --seed ${random.seed} --runs ${random.runs}`;
  return [
    row('Paths that end in', 'passed', 'failed'),
    ...situations.map(({ situation, passed, failed }) => row(situation, passed, failed)),
    row('all', sum('passed'), sum('failed')),
    '',
    random.runs === 0
      ? 'No random sequences'
      : `${random.runs} random sequences of seed ${random.seed}: ${replay}`,
    ...(shortestFailure === null
      ? ['', 'It conforms.']
      : ['', ...failedPaths.slice(0, 10).map((name) => `failed: ${name}`), '', shortestFailure.message]),
    '',
  ].join('\n');
}
