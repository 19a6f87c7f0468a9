import { constants } from 'node:os';
import { endProcess } from './end-process.js';

/** Milliseconds within which a signal after another is the same: npm and a terminal both deliver each twice. */
const SAME_SIGNAL = 500;

/** What ends a host. A terminal that is closed sends SIGHUP: it is a drain as well, and no sudden end. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopStep = 'drain' | 'force' | 'exit';

/** What the signals of a process ask for: the first to drain, the second to force, any after that to exit at once. */
export function stopSteps(now: () => number): () => StopStep | null {
  const steps: StopStep[] = ['drain', 'force'];
  let last = -Infinity;
  return () => {
    const isSame = now() - last < SAME_SIGNAL;
    last = now();
    return isSame ? null : (steps.shift() ?? 'exit');
  };
}

/**
 * Calls back for each step that the signals of this process ask for. After the step `exit` the process ends, whatever is
 * under way, with 128 more than the number of the signal, as a shell has it.
 */
export function onStopSteps(onStep: (step: StopStep, signal: NodeJS.Signals) => void): void {
  const nextStep = stopSteps(() => performance.now());
  const onSignal = (signal: NodeJS.Signals) => {
    const step = nextStep();
    if (step === null) return;
    onStep(step, signal);
    if (step === 'exit') void endProcess(128 + constants.signals[signal], signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
}

/** Whoever reads the output, as a terminal that is closed, may leave before the agents are down. */
export function outliveReaders(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
}
