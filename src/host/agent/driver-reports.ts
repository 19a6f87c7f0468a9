import { FailureReason } from '../../values/failure-reason.js';
import type { AgentOutput, DriverDeployment } from '../agent-driver.js';

/** Notices that one instance may write to its journal. */
const MAX_NOTICES = 100;
/** Characters of one printed text. */
const MAX_OUTPUT = 8_192;

export interface ReportReceiver {
  /** Of the instance that reports. */
  readonly generation: number;
  readonly onNotice: (message: FailureReason) => void;
  readonly onOutput: (output: AgentOutput) => void;
}

/** The reports of a driver to its host, bounded: one agent's reports must not push all else out of a journal. */
export function driverReports({
  generation,
  onNotice,
  onOutput,
}: ReportReceiver): Pick<DriverDeployment, 'notice' | 'output'> {
  let notices = 0;
  return {
    notice: (message) => {
      if (++notices > MAX_NOTICES) return;
      onNotice(FailureReason.describe(notices === MAX_NOTICES ? `${message} (the last notice)` : message));
    },
    output: (stream, text) => {
      onOutput({ stream, text: text.slice(0, MAX_OUTPUT), generation });
    },
  };
}
