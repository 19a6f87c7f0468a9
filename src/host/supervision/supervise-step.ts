import { transition, type ActorRefFrom, type SnapshotFrom } from 'xstate';
import { agentSupervisorMachine } from '../../../machines/agent-supervisor.machine.js';
import type {
  AgentSupervisorContext,
  AgentSupervisorEmitted,
  AgentSupervisorEvent,
} from '../../../machines/agent-supervisor.types.js';
import type { AgentOccurrence } from '../journal.js';
import {
  parseRestartPolicy,
  type InstanceEnd,
  type RestartPolicyInput,
} from '../../values/restart-policy.js';

/** The state of a supervisor, in its chart's words. */
export type Supervision = SnapshotFrom<typeof agentSupervisorMachine>['value'];

export type SupervisorActorRef = ActorRefFrom<typeof agentSupervisorMachine>;

/** A supervisor at rest: JSON only. */
export interface SupervisorSnapshot {
  readonly value: Supervision;
  readonly context: AgentSupervisorContext;
}

/** What a supervisor has decided; whoever takes the step carries it out. */
export type SupervisorEffect = AgentSupervisorEmitted;

/**
 * An event of the chart, or the end of the delay of `restart.scheduled`. A delay that belongs to an end before the last
 * one is ignored.
 */
export type SupervisorStepEvent =
  AgentSupervisorEvent | { readonly type: 'backoff.elapsed'; readonly generation: number };

/** A supervisor that nobody has asked to run its agent yet. @throws {InvalidValueError} for a bad policy */
export function initialSupervision(restart: RestartPolicyInput): SupervisorSnapshot {
  return {
    value: 'unwanted',
    context: { restart: parseRestartPolicy(restart), generation: 0, ends: [], delay: 0 },
  };
}

/** A supervisor that has given its agent up, and has announced it. */
export function gaveUpAfter(restart: RestartPolicyInput, ends: readonly InstanceEnd[]): SupervisorSnapshot {
  return { value: 'gaveUp', context: { ...initialSupervision(restart).context, ends } };
}

/** The supervisor's snapshot after an event, and what it has decided. A pure function of its chart. */
export function superviseStep(
  snapshot: SupervisorSnapshot,
  event: SupervisorStepEvent,
): { readonly snapshot: SupervisorSnapshot; readonly effects: readonly SupervisorEffect[] } {
  if (event.type === 'backoff.elapsed' && event.generation !== snapshot.context.ends.at(-1)?.generation) {
    return { snapshot, effects: [] };
  }
  const [next, actions] = transition(
    agentSupervisorMachine,
    agentSupervisorMachine.resolveState(snapshot),
    (event.type === 'backoff.elapsed' ? { type: backoffElapsed() } : event) as AgentSupervisorEvent,
  );
  const effects = (actions as readonly { readonly type: string; readonly params: unknown }[])
    .filter(({ type }) => type === 'xstate.emit')
    .map(({ params }) => (params as { readonly event: SupervisorEffect }).event);
  return { snapshot: { value: next.value, context: next.context }, effects };
}

/** XState's own event at the end of the one delay that the chart has. */
function backoffElapsed(): string {
  const delayed = Object.values(agentSupervisorMachine.states).flatMap(({ after }) => after);
  const [{ eventType }] = delayed as [(typeof delayed)[number]];
  return eventType;
}

/** The journal entry of a decision, and the generation to which it belongs; null for one that has none. */
export function entryOf(
  effect: SupervisorEffect,
  { generation }: AgentSupervisorContext,
): { readonly generation: number; readonly occurrence: AgentOccurrence } | null {
  switch (effect.type) {
    case 'restart.scheduled': {
      const { delay, end } = effect;
      return {
        generation: end.generation,
        occurrence: { type: 'restartScheduled', delay, reason: end.reason },
      };
    }
    case 'restart.abandoned': {
      const { ends } = effect;
      return { generation: ends.at(-1)?.generation ?? generation, occurrence: { type: 'gaveUp', ends } };
    }
    case 'instance.fenced':
      return { generation: effect.generation, occurrence: { type: 'fenced', current: effect.current } };
    case 'restart.due':
      return null;
  }
}
