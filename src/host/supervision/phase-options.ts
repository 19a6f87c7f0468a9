import { refuseUnknown } from '../../values/refuse-unknown.js';
import { parseWhole } from '../../values/parse-whole.js';

export interface PhaseOptions {
  /** Milliseconds for the agents of one phase together; without an end of its own by default: each step has one. */
  readonly phaseTimeout?: number | undefined;
}

/**
 * @param others that the same options may have
 * @throws {InvalidValueError}
 */
export function parsePhaseOptions(options: PhaseOptions, ...others: readonly string[]): PhaseOptions {
  refuseUnknown('options', options, ['phaseTimeout', ...others]);
  const { phaseTimeout } = options;
  if (phaseTimeout === undefined || phaseTimeout === Infinity) return {};
  parseWhole('phaseTimeout', 0, phaseTimeout);
  return { phaseTimeout };
}
