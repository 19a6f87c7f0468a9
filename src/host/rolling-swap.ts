import { InvalidValueError } from '../domain/invalid-value-error.js';
import { VersionNumber } from '../domain/version-number.js';
import type { StateTransitionError } from '../domain/state-transition-error.js';
import { AgentHostError } from './agent-host-error.js';
import { resolveAgentSpec, type AgentSpec, type ResolvedAgentSpec } from './agent-spec.js';
import type { AgentReport, Incarnation } from './incarnation.js';
import type { AgentOccurrence } from './journal.js';

/** What is other in the new version of an agent. */
export type SwapSpec = Partial<Omit<AgentSpec, 'name' | 'agentId' | 'dependsOn' | 'restart'>> & {
  readonly versionNumber: number;
};

/** Its fields; others are refused, as they would be without effect. */
const SWAP_FIELDS = ['versionNumber', 'version', 'driver', 'options', 'transitionTimeout', 'drainTimeout'];

/** What came of a swap. Generations tell which version it was. */
export type SwapAnswer =
  | {
      readonly swapped: true;
      readonly serving: number;
      /** How the version before was left. */
      readonly report: AgentReport;
      readonly error: null;
    }
  | {
      readonly swapped: false;
      /** Null where the old version has ended meanwhile. */
      readonly serving: number | null;
      readonly error: StateTransitionError | AgentHostError;
    };

/** A swap that has not been answered yet. */
export interface SwapUnderWay {
  /** Of the new version, and so are the two below. */
  readonly generation: number;
  readonly version: string;
  readonly versionNumber: number;
  /**
   * The new version is `comingUp` beside the one that serves; it has `replaced` that one, which is drained; or the swap
   * was `abandoned`, as the agent is to end.
   */
  readonly phase: 'comingUp' | 'replaced' | 'abandoned';
}

export interface SwapObserver {
  /** The new version is to serve from now on. */
  onReplaced(): void;
  onOccurrence(occurrence: AgentOccurrence): void;
}

/** One version of an agent takes the place of another, without a moment in which none serves. */
export class RollingSwap {
  readonly spec: ResolvedAgentSpec;
  readonly #old: Incarnation;
  #candidate: Incarnation | null = null;
  #phase: SwapUnderWay['phase'] = 'comingUp';

  /** @throws {AgentHostError} and {InvalidValueError} when there can be no such swap now */
  constructor(old: Incarnation, change: SwapSpec, running: RollingSwap | null) {
    const { name } = old.spec;
    const unknown = Object.keys((change as SwapSpec | null) ?? {}).find((key) => !SWAP_FIELDS.includes(key));
    if (unknown !== undefined) {
      const expected = `no field besides ${SWAP_FIELDS.join(', ')}`;
      throw new InvalidValueError({ field: unknown, expected, received: unknown });
    }
    if (running !== null) throw new AgentHostError({ code: 'SwapInProgress', agent: name });
    const received = VersionNumber.parse((change as Partial<SwapSpec> | null)?.versionNumber);
    const current = old.spec.versionNumber;
    if (received <= current) {
      throw new AgentHostError({ code: 'VersionNotHigher', agent: name, current, received });
    }
    if (!old.isServing) {
      throw new AgentHostError({ code: 'NotRunning', agent: name, state: old.state });
    }
    this.#old = old;
    const { agentId, dependsOn, restart } = old.spec;
    const kept = { name, agentId, dependsOn, restart };
    this.spec = resolveAgentSpec({ ...old.spec, version: undefined, ...change, ...kept });
  }

  /** Whether the new version does not serve yet. */
  get isComingUp(): boolean {
    return this.#phase === 'comingUp';
  }

  /** Null before it has begun. */
  get underWay(): SwapUnderWay | null {
    if (this.#candidate === null) return null;
    const { version, versionNumber } = this.spec;
    return { generation: this.#candidate.generation, version, versionNumber, phase: this.#phase };
  }

  async carryOut(candidate: Incarnation, observer: SwapObserver): Promise<SwapAnswer> {
    this.#candidate = candidate;
    const { error } = await candidate.run();
    if (error !== null || this.#phase === 'abandoned' || candidate.hasEnded) {
      await candidate.bringDown({ force: true });
      const why = this.#problemWith(candidate, error);
      const serving = this.#old.hasEnded ? null : this.#old.generation;
      observer.onOccurrence({ type: 'swapFailed', serving, reason: why.message });
      return { swapped: false, serving, error: why };
    }
    this.#phase = 'replaced';
    observer.onReplaced();
    observer.onOccurrence({ type: 'swapped', from: this.#old.generation });
    return { swapped: true, serving: candidate.generation, report: await this.#old.bringDown(), error: null };
  }

  /** Brings down whichever of the two does not serve; null where there is none. */
  async abandon(options?: { force?: boolean }): Promise<AgentReport | null> {
    if (this.#phase === 'replaced') return this.#old.bringDown(options);
    this.#phase = 'abandoned';
    return (await this.#candidate?.bringDown({ force: true })) ?? null;
  }

  #problemWith(candidate: Incarnation, error: StateTransitionError | null) {
    const agent = this.spec.name;
    const { failureReason } = candidate.report;
    if (this.#phase === 'abandoned') return new AgentHostError({ code: 'SwapAbandoned', agent });
    if (error !== null && error.code !== 'OperationCancelled') return error;
    return new AgentHostError({ code: 'CandidateFailed', agent, reason: String(failureReason) });
  }
}
