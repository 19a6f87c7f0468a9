import { parseWhole } from './parse-whole.js';

export interface PhaseOptions {
  /** Milliseconds for the agents of one phase together; without an end of its own by default: each step has one. */
  readonly phaseTimeout?: number | undefined;
}

/** @throws {InvalidValueError} */
export function parsePhaseOptions({ phaseTimeout }: PhaseOptions): PhaseOptions {
  if (phaseTimeout === undefined || phaseTimeout === Infinity) return {};
  parseWhole('phaseTimeout', 0, phaseTimeout);
  return { phaseTimeout };
}
