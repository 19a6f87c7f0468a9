import { FailureReason } from '../../values/failure-reason.js';
import type { AgentOutput, DriverDeployment } from '../agent-driver.js';

/** Notices that one incarnation may have. */
const MAX_NOTICES = 100;
/** Characters of a text that an agent has printed. */
const MAX_OUTPUT = 8_192;

export interface ReportReceiver {
  /** The incarnation that reports. */
  readonly generation: number;
  readonly onNotice: (message: FailureReason) => void;
  readonly onOutput: (output: AgentOutput) => void;
}

/** What a driver may tell its host, bounded: an agent of which much is told must not push all else out of a journal. */
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
