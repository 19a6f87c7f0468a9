import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { parseWhole } from '../../values/parse-whole.js';

/** How agents are brought up or down, phase by phase. */
export interface PhaseOptions {
  /** Milliseconds for the agents of one phase together; without an end of its own by default: each step has one. */
  readonly phaseTimeout?: number | undefined;
}

/**
 * @param others that the same options may have
 * @throws {InvalidValueError}
 */
export function parsePhaseOptions(options: PhaseOptions, ...others: readonly string[]): PhaseOptions {
  assertKnownKeys('options', options, ['phaseTimeout', ...others]);
  const { phaseTimeout } = options;
  if (phaseTimeout === undefined || phaseTimeout === Infinity) return {};
  parseWhole('phaseTimeout', 0, phaseTimeout);
  return { phaseTimeout };
}
