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
      readonly serving: number;
      readonly error: StateTransitionError | AgentHostError;
    };

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
  #phase: 'comingUp' | 'replaced' | 'abandoned' = 'comingUp';

  /** @throws {AgentHostError} and {InvalidValueError} when there can be no such swap now */
  constructor(old: Incarnation, change: SwapSpec, running: RollingSwap | null) {
    const { name } = old.spec;
    if (running !== null) throw new AgentHostError({ code: 'SwapInProgress', agent: name });
    const received = VersionNumber.parse((change as Partial<SwapSpec> | null)?.versionNumber);
    const current = old.spec.versionNumber;
    if (received <= current) {
      throw new AgentHostError({ code: 'VersionNotHigher', agent: name, current, received });
    }
    if (old.state !== 'running') {
      throw new AgentHostError({ code: 'NotRunning', agent: name, state: old.state });
    }
    this.#old = old;
    const { agentId, dependsOn, restart } = old.spec;
    const kept = { name, agentId, dependsOn, restart };
    this.spec = resolveAgentSpec({ ...old.spec, version: undefined, ...change, ...kept });
  }

  async carryOut(candidate: Incarnation, observer: SwapObserver): Promise<SwapAnswer> {
    this.#candidate = candidate;
    const { error } = await candidate.run();
    if (error !== null || this.#phase === 'abandoned' || candidate.hasEnded) {
      await candidate.bringDown({ force: true });
      const why = error ?? new AgentHostError({ code: 'SwapAbandoned', agent: this.spec.name });
      const serving = this.#old.generation;
      observer.onOccurrence({ type: 'swapFailed', serving, reason: why.message });
      return { swapped: false, serving, error: why };
    }
    this.#phase = 'replaced';
    observer.onReplaced();
    observer.onOccurrence({ type: 'swapped', from: this.#old.generation });
    return { swapped: true, serving: candidate.generation, report: await this.#old.bringDown(), error: null };
  }

  /** Brings down whichever of the two does not serve. */
  async abandon(options?: { force?: boolean }): Promise<void> {
    if (this.#phase === 'replaced') {
      await this.#old.bringDown(options);
      return;
    }
    this.#phase = 'abandoned';
    await this.#candidate?.bringDown({ force: true });
  }
}
