import {
  ConformanceError,
  type Deviation,
  type LifecyclePath,
  lifecyclePaths,
  type PathCover,
  stepName,
} from 'xstate-agent-lifecycle/testing';
import { conformanceOf, type ConformanceReport, type PairResult } from './conformance-report.js';
import { SubjectProcess } from './subject-process.js';
import { UsageError } from '../command-error.js';
import { SubjectProcessError } from './subject-process-error.js';
import { withCleanUp } from '../../../../../src/util/clean-up.js';

export interface ConformOptions {
  readonly cover: PathCover;
  /** Of the random sequences; a random one where none is given. */
  readonly seed: number | undefined;
  /** The number of random sequences: 100, or none with `only`, where it is not given. */
  readonly runs: number | undefined;
  /** With `seed`, replays one random sequence and nothing else. */
  readonly path: string | undefined;
  /** Only paths that have this in their name. */
  readonly only: string | undefined;
  readonly json?: boolean;
  /** Milliseconds that the subject may take for an answer. */
  readonly timeout: number;
}

/**
 * Checks a program that speaks the conformance protocol against the lifecycle.
 *
 * @returns the exit code: 0 when it conforms, 1 when it does not, 2 when it breaks the protocol
 */
export async function conform(command: readonly string[], options: ConformOptions): Promise<number> {
  const { seed, only, path, timeout } = options;
  const { runs = only === undefined ? 100 : 0 } = options;
  if (command[0] === '')
    throw new UsageError('Expected a command that starts the subject, received an empty one');
  if (path !== undefined && seed === undefined)
    throw new UsageError('--path is of no use without its --seed');
  const subject = new SubjectProcess(command, { answerTimeout: timeout });
  return withCleanUp(
    () => reportOn(subject, options, runs),
    () => subject.close(),
  );
}

/** @returns the exit code */
async function reportOn(subject: SubjectProcess, options: ConformOptions, runs: number): Promise<number> {
  const { seed, path, json } = options;
  try {
    const report = await conformanceOf(subject.createSubject, {
      paths: pathsFor(options),
      random: { runs, ...(seed !== undefined && { seed }), ...(path !== undefined && { path }) },
      onProgress: json ? () => undefined : showProgress,
    });
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.passed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConformanceError && error.cause instanceof SubjectProcessError)) throw error;
    showProtocolFailure(error.deviation, error.cause, json === true);
    return 2;
  }
}

function pathsFor({ cover, only, path }: ConformOptions): readonly LifecyclePath[] {
  if (path !== undefined) return [];
  const paths = lifecyclePaths({ cover }).filter(({ name }) => only === undefined || name.includes(only));
  if (paths.length === 0) throw new UsageError(`No path has ${JSON.stringify(only)} in its name`);
  return paths;
}

/** Shows that the subject broke the protocol, and the steps that led there. */
function showProtocolFailure({ steps, index, input }: Deviation, cause: SubjectProcessError, json: boolean) {
  const step = steps[index];
  const asked = step === undefined ? 'A new agent' : `Step ${index + 1}, ${stepName(step)},`;
  const led = steps.slice(0, index + 1).map((each) => `\n  ${JSON.stringify(each)}`);
  process.stderr.write(
    `\n${cause.message}\n${asked} was not answered. To replay it, with ${JSON.stringify(input)}:${led.join('')}\n`,
  );
  if (!json) return;
  const error = { code: cause.code, message: cause.message, steps };
  process.stdout.write(`${JSON.stringify({ passed: false, error }, null, 2)}\n`);
}

/** On a terminal in one line, which each step replaces; elsewhere at each quarter, so as not to fill a log. */
function showProgress(done: number, all: number): void {
  const text = `${done} of ${all} paths and sequences`;
  if (process.stderr.isTTY) process.stderr.write(`\r${text}${done === all ? '\n' : ''}`);
  else if (done % Math.ceil(all / 4) === 0 || done === all) process.stderr.write(`${text}\n`);
}

function reportText({ pairs, random, shortestFailure }: ConformanceReport): string {
  const replay =
    random.path === null ? 'passed' : `failed; replay it with --seed ${random.seed} --path ${random.path}`;
  const failedPairs = pairs.filter(({ failed }) => failed > 0);
  return [
    ...(pairs.length === 0 ? [] : pairTable(pairs)),
    '',
    random.runs === 0
      ? 'No random sequences'
      : `${random.runs} random sequences of seed ${random.seed}: ${replay}`,
    '',
    ...failedPairs.map(({ situation, happening }) => `failed: ${happening} in ${situation}`),
    shortestFailure === null ? 'It conforms.' : `\n${shortestFailure.message}`,
    '',
  ].join('\n');
}

/** How many pairs of a situation and what happens in it passed and failed, by situation. */
function pairTable(pairs: readonly PairResult[]): string[] {
  const situations = [...new Set(pairs.map(({ situation }) => situation))];
  const width = Math.max('Pairs in'.length, ...situations.map(({ length }) => length));
  const row = (name: string, of: readonly PairResult[]) => {
    const failed = of.filter((pair) => pair.failed > 0).length;
    return cells(name, String(of.length - failed), String(failed));
  };
  const cells = (name: string, passed: string, failed: string) =>
    `${name.padEnd(width)}  ${passed.padStart(6)}  ${failed.padStart(6)}`;
  return [
    cells('Pairs in', 'passed', 'failed'),
    ...situations.map((name) =>
      row(
        name,
        pairs.filter(({ situation }) => situation === name),
      ),
    ),
    row('all', pairs),
  ];
}
