import { parseAgentLifecycleInput } from '../../values/agent-lifecycle-input.js';
import { causedBy } from '../../values/caused-by.js';
import { FailureReason } from '../../values/failure-reason.js';
import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { VersionNumber } from '../../values/version-number.js';
import type { StateTransitionError } from '../../values/state-transition-error.js';
import { AgentHostError } from '../agent-host-error.js';
import { lifecycleInputOf, resolveAgentSpec, type AgentSpec, type ResolvedAgentSpec } from '../agent-spec.js';
import type { AgentInstance } from '../agent/agent-instance.js';
import type { AgentReport } from '../agent/agent-report.js';
import type { AgentOccurrence } from '../journal.js';

/** What is other in the new version of an agent. */
export type SwapSpec = Partial<Omit<AgentSpec, 'name' | 'agentId' | 'dependsOn' | 'restart'>> & {
  readonly versionNumber: number;
};

const SWAP_FIELDS = [
  'versionNumber',
  'version',
  'driver',
  'options',
  'transitionTimeout',
  'drainTimeout',
  'requests',
];

/** What came of a swap. Generations tell which version it was. */
export type SwapResult =
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
  readonly #old: AgentInstance;
  #candidate: AgentInstance | null = null;
  #phase: SwapUnderWay['phase'] = 'comingUp';

  /** @throws {AgentHostError} and {InvalidValueError} when there can be no such swap now */
  constructor(old: AgentInstance, given: SwapSpec | null, running: RollingSwap | null) {
    const { name } = old.spec;
    const change: Partial<SwapSpec> = given ?? {};
    assertKnownKeys('SwapSpec', change, SWAP_FIELDS);
    if (running !== null) throw new AgentHostError({ code: 'SwapInProgress', agent: name });
    const received = VersionNumber.parse(change.versionNumber);
    const current = old.spec.versionNumber;
    if (received <= current) {
      throw new AgentHostError({ code: 'VersionNotHigher', agent: name, current, received });
    }
    if (!old.isServing) {
      const detail = { code: 'NotRunning', agent: name, state: old.state } as const;
      throw new AgentHostError(detail, causedBy(old.failure));
    }
    this.#old = old;
    const { agentId, dependsOn, restart } = old.spec;
    const kept = { name, agentId, dependsOn, restart };
    this.spec = resolveAgentSpec({ ...old.spec, version: undefined, ...change, ...kept });
    parseAgentLifecycleInput(lifecycleInputOf(this.spec));
  }

  /** Whether the new version does not serve yet. */
  get isComingUp(): boolean {
    return this.#phase === 'comingUp';
  }

  /** Whether the requests of that instance go over to the new version. */
  hasReplaced(instance: unknown): boolean {
    return this.#phase === 'replaced' && instance === this.#old;
  }

  /** Null before it has begun. */
  get underWay(): SwapUnderWay | null {
    if (this.#candidate === null) return null;
    const { version, versionNumber } = this.spec;
    return { generation: this.#candidate.generation, version, versionNumber, phase: this.#phase };
  }

  async carryOut(candidate: AgentInstance, observer: SwapObserver): Promise<SwapResult> {
    this.#candidate = candidate;
    candidate.start();
    const { error } = await candidate.bringUp();
    if (error !== null || this.#phase === 'abandoned' || candidate.hasEnded) {
      await candidate.shutDown({ force: true });
      const why = this.#problemWith(candidate, error);
      const serving = this.#old.hasEnded ? null : this.#old.generation;
      observer.onOccurrence({ type: 'swapFailed', serving, reason: why.message });
      return { swapped: false, serving, error: why };
    }
    this.#phase = 'replaced';
    observer.onReplaced();
    observer.onOccurrence({ type: 'swapped', from: this.#old.generation });
    return { swapped: true, serving: candidate.generation, report: await this.#old.shutDown(), error: null };
  }

  /** Brings down whichever of the two does not serve; null where there is none. */
  async abandon(options?: { force?: boolean }): Promise<AgentReport | null> {
    if (this.#phase === 'replaced') return this.#old.shutDown(options);
    this.#phase = 'abandoned';
    return (await this.#candidate?.shutDown({ force: true })) ?? null;
  }

  #problemWith(candidate: AgentInstance, error: StateTransitionError | null) {
    const agent = this.spec.name;
    if (this.#phase === 'abandoned') return new AgentHostError({ code: 'SwapAbandoned', agent });
    if (error !== null && error.code !== 'OperationCancelled') return error;
    return candidateFailed(agent, candidate.failure);
  }
}

/** The new version of an agent has failed as it was made, or as it ran. */
export function candidateFailed(agent: string, cause: unknown): AgentHostError {
  const reason = FailureReason.describe(cause);
  return new AgentHostError({ code: 'CandidateFailed', agent, reason }, { cause });
}
