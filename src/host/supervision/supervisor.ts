import { createActor, type ActorRefFrom, type SnapshotFrom } from 'xstate';
import type { AgentFinalState } from '../../values/lifecycle-states.js';
import { agentSupervisorMachine } from '../../../machines/agent-supervisor.machine.js';
import type { AgentSupervisorEmitted } from '../../../machines/agent-supervisor.types.js';
import {
  parseRestartPolicy,
  type IncarnationEnd,
  type RestartPolicyInput,
} from '../../values/restart-policy.js';
import type { Clock } from '../../util/clock.js';
import type { Journal } from '../journal.js';
import { nextTurn } from '../../util/next-turn.js';

/** What a supervisor is doing about its agent, in its chart's words. */
export type Supervision = 'unwanted' | 'supervised' | 'backingOff' | 'gaveUp' | 'removed';

export interface SupervisorOptions {
  readonly name: string;
  readonly restart: RestartPolicyInput;
  readonly clock: Clock;
  /** Where its decisions are written. */
  readonly journal: Journal;
  /** The ends for which the supervisor of an earlier host has given the agent up; null where it has not. */
  readonly givenUpAfter: readonly IncarnationEnd[] | null;
  /** Told when the next incarnation is to be brought up. */
  readonly onRestartDue: () => void;
}

/** Decides, by its chart, whether an agent whose incarnation has ended is restarted. */
export class Supervisor {
  readonly actor: ActorRefFrom<typeof agentSupervisorMachine>;
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    const { name, restart, clock, givenUpAfter } = options;
    this.#options = options;
    this.actor = createActor(agentSupervisorMachine, {
      id: `${name} supervisor`,
      input: { restart },
      clock,
      ...(givenUpAfter !== null && { snapshot: surrender(restart, givenUpAfter) }),
    });
    this.actor.on('*', (event) => {
      this.#heed(event);
    });
    this.actor.start();
  }

  get state(): Supervision {
    return this.actor.getSnapshot().value;
  }

  get isAgentWanted(): boolean {
    return this.actor.getSnapshot().hasTag('wanted');
  }

  /** Why the last incarnation ended, of those whose end has been dealt with. */
  get lastFailure(): string | null {
    return this.actor.getSnapshot().context.ends.at(-1)?.reason ?? null;
  }

  want(): void {
    this.actor.send({ type: 'operator.start' });
  }

  letGo(): void {
    this.actor.send({ type: 'operator.stop' });
  }

  remove(): void {
    this.actor.send({ type: 'operator.remove' });
  }

  /** Heeds an incarnation, and none before it, from now on. */
  adopt(generation: number): void {
    this.actor.send({ type: 'incarnation.started', generation });
  }

  /** @param upFor milliseconds for which the agent was running */
  hearEnd(generation: number, state: AgentFinalState, failureReason: string | null, upFor: number): void {
    const random = Math.random();
    this.actor.send({ type: 'incarnation.ended', generation, state, failureReason, upFor, random });
  }

  #heed(event: AgentSupervisorEmitted): void {
    const { journal, onRestartDue } = this.#options;
    switch (event.type) {
      case 'restart.scheduled': {
        const { delay, end } = event;
        journal.append(end.generation, { type: 'restartScheduled', delay, reason: end.reason });
        return;
      }
      case 'restart.abandoned': {
        const { generation } = this.actor.getSnapshot().context;
        journal.append(event.ends.at(-1)?.generation ?? generation, { type: 'gaveUp', ends: event.ends });
        return;
      }
      case 'incarnation.fenced':
        journal.append(event.generation, { type: 'fenced', current: event.current });
        return;
      case 'restart.due':
        // The supervisor is in the middle of an event.
        void nextTurn().then(onRestartDue);
    }
  }
}

/** Where a supervisor is that has given its agent up, and has told so. */
function surrender(
  restart: RestartPolicyInput,
  ends: readonly IncarnationEnd[],
): SnapshotFrom<typeof agentSupervisorMachine> {
  const context = { restart: parseRestartPolicy(restart), generation: 0, ends, delay: 0 };
  return agentSupervisorMachine.resolveState({ value: 'gaveUp', context });
}
