import { constants } from 'node:os';
import { endProcess } from './end-process.js';

/** Milliseconds within which a signal after another is the same: npm and a terminal both deliver each twice. */
const SAME_SIGNAL = 500;

/** A terminal that is closed sends SIGHUP, which drains as well. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopStep = 'drain' | 'force' | 'exit';

export interface Stopped<Result> {
  /** Whether the host was forced in the end. */
  readonly step: 'drain' | 'force';
  readonly result: Result;
}

/**
 * Stops a host by the signals of the process: the first drains it, the second does not wait for requests, the third
 * exits at once, with 128 plus the number of the signal, as shells do.
 *
 * @param stop stops the host: resolves when it is down, also after a second call
 * @param onStep called before each step
 */
export function stopOnSignals<Result>(
  stop: (step: 'drain' | 'force') => Promise<Result>,
  onStep: (signal: NodeJS.Signals, step: StopStep) => void,
): Promise<Stopped<Result>> {
  const nextStep = stopSteps(() => performance.now());
  return new Promise((resolve, reject) => {
    let last: 'drain' | 'force' = 'drain';
    const onSignal = (signal: NodeJS.Signals) => {
      const step = nextStep();
      if (step === null) return;
      onStep(signal, step);
      if (step === 'exit') {
        void endProcess(128 + constants.signals[signal], signal);
        return;
      }
      last = step;
      stop(step).then((result) => {
        resolve({ step: last, result });
      }, reject);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  });
}

/** The steps that signals ask for: the first to drain, the second to force, any further one to exit. */
export function stopSteps(now: () => number): () => StopStep | null {
  const steps: StopStep[] = ['drain', 'force'];
  let last = -Infinity;
  return () => {
    const isSame = now() - last < SAME_SIGNAL;
    last = now();
    return isSame ? null : (steps.shift() ?? 'exit');
  };
}

/** Keeps the process alive when the reader of its output leaves, as a terminal that is closed does. */
export function outliveReaders(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
}
