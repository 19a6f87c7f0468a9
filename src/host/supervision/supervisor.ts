import { createActor } from 'xstate';
import { agentSupervisorMachine } from '../../../machines/agent-supervisor.machine.js';
import type { Clock } from '../../util/clock.js';
import { microtask } from '../../util/microtask.js';
import type { AgentFinalState } from '../../values/lifecycle-states.js';
import type { InstanceEnd, RestartPolicyInput } from '../../values/restart-policy.js';
import type { Journal } from '../journal.js';
import {
  entryOf,
  gaveUpAfter,
  type Supervision,
  type SupervisorActorRef,
  type SupervisorEffect,
} from './supervise-step.js';

export interface SupervisorOptions {
  readonly name: string;
  readonly restart: RestartPolicyInput;
  readonly clock: Clock;
  /** Its decisions are written there. */
  readonly journal: Journal;
  /** The ends after which the supervisor of an earlier host gave the agent up; null where it has not. */
  readonly givenUpAfter: readonly InstanceEnd[] | null;
  /** Called when the next instance is to be brought up. */
  readonly onRestartDue: () => void;
}

/**
 * Decides, by its chart, whether an agent is restarted whose instance has ended. It is an actor, so that inspectors see
 * it and a clock keeps its delays; its decisions are those of `superviseStep`.
 */
export class Supervisor {
  readonly actor: SupervisorActorRef;
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    const { name, restart, clock, givenUpAfter } = options;
    this.#options = options;
    this.actor = createActor(agentSupervisorMachine, {
      id: `${name} supervisor`,
      input: { restart },
      clock,
      ...(givenUpAfter !== null && {
        snapshot: agentSupervisorMachine.resolveState(gaveUpAfter(restart, givenUpAfter)),
      }),
    });
    this.actor.on('*', (effect) => {
      this.#carryOut(effect);
    });
  }

  get state(): Supervision {
    return this.actor.getSnapshot().value;
  }

  get isAgentWanted(): boolean {
    return this.actor.getSnapshot().hasTag('wanted');
  }

  /** Why the last instance ended, of those whose end has been handled. */
  get lastFailure(): string | null {
    return this.actor.getSnapshot().context.ends.at(-1)?.reason ?? null;
  }

  start(): void {
    this.actor.start();
  }

  /** The agent is to run. */
  want(): void {
    this.actor.send({ type: 'operator.start' });
  }

  /** The agent is to end. */
  letGo(): void {
    this.actor.send({ type: 'operator.stop' });
  }

  remove(): void {
    this.actor.send({ type: 'operator.remove' });
  }

  /** Supervises this instance from now on, and none before it. */
  adopt(generation: number): void {
    this.actor.send({ type: 'instance.started', generation });
  }

  /** @param upFor milliseconds for which the agent was running */
  onEnd(generation: number, state: AgentFinalState, failureReason: string | null, upFor: number): void {
    const random = Math.random();
    this.actor.send({ type: 'instance.ended', generation, state, failureReason, upFor, random });
  }

  #carryOut(effect: SupervisorEffect): void {
    const { journal, onRestartDue } = this.#options;
    const entry = entryOf(effect, this.actor.getSnapshot().context);
    if (entry !== null) journal.append(entry.generation, entry.occurrence);
    // The supervisor is in the middle of an event.
    else void microtask().then(onRestartDue);
  }
}
