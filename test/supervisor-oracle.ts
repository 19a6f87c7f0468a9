import type { AgentSupervisorEmitted, AgentSupervisorEvent, RestartPolicyInput } from '../src/index.js';

/** What the supervisor is to do, typed by hand: the chart is held against it. */
export type SupervisorState = 'unwanted' | 'supervised' | 'backingOff' | 'gaveUp' | 'removed';

export interface SupervisorSituation {
  readonly state: SupervisorState;
  readonly generation: number;
  readonly ends: number;
}

export interface SupervisorOutcome extends SupervisorSituation {
  readonly emitted: readonly AgentSupervisorEmitted['type'][];
}

/** Restarts that are allowed before the supervisor gives up. */
export const RESTARTS = 2;

export function expectedOutcome(
  policy: NonNullable<RestartPolicyInput['type']>,
  before: SupervisorSituation,
  event: AgentSupervisorEvent | { readonly type: 'backoff' },
): SupervisorOutcome {
  const same = { ...before, emitted: [] };
  const { state, generation } = before;
  if (state === 'removed') return same;
  switch (event.type) {
    case 'operator.remove':
      return { ...same, state: 'removed' };
    case 'operator.stop':
      return { ...same, state: 'unwanted' };
    case 'operator.start':
      if (state === 'supervised') return same;
      return {
        ...same,
        state: 'supervised',
        ends: state === 'backingOff' ? before.ends : 0,
        emitted: state === 'unwanted' ? [] : ['restart.due'],
      };
    case 'backoff':
      return state === 'backingOff' ? { ...same, state: 'supervised', emitted: ['restart.due'] } : same;
    case 'instance.started':
      if (event.generation <= generation) return { ...same, emitted: ['instance.fenced'] };
      return {
        ...same,
        generation: event.generation,
        state: state === 'backingOff' ? 'supervised' : state,
      };
    case 'instance.ended': {
      if (event.generation !== generation) return { ...same, emitted: ['instance.fenced'] };
      if (state !== 'supervised') return same;
      const isRestarted = policy === 'permanent' || (policy === 'transient' && event.state === 'failed');
      if (!isRestarted) return { ...same, state: 'unwanted' };
      const ends = before.ends + 1;
      return ends > RESTARTS
        ? { ...same, ends, state: 'gaveUp', emitted: ['restart.abandoned'] }
        : { ...same, ends, state: 'backingOff', emitted: ['restart.scheduled'] };
    }
  }
}
