import { assertEvent, assign, emit, setup } from 'xstate';
import {
  decideRestart,
  parseRestartPolicy,
  recentEnds,
  type IncarnationEnd,
} from '../src/values/restart-policy.js';
import type {
  AgentSupervisorContext,
  AgentSupervisorEmitted,
  AgentSupervisorEvent,
  AgentSupervisorInput,
  AgentSupervisorTag,
  IncarnationEnded,
} from './agent-supervisor.types.js';

/**
 * What becomes of an agent whose incarnation has ended. An incarnation is one lifecycle, with a generation number;
 * the host makes it, and tells of its start and its end.
 */
export const agentSupervisorMachine = setup({
  types: {
    context: {} as AgentSupervisorContext,
    input: {} as AgentSupervisorInput,
    events: {} as AgentSupervisorEvent,
    emitted: {} as AgentSupervisorEmitted,
    tags: {} as AgentSupervisorTag,
  },
  delays: {
    backoff: ({ context }) => context.delay,
  },
  guards: {
    isNewer: ({ context, event }) => {
      assertEvent(event, 'incarnation.started');
      return event.generation > context.generation;
    },
    isStale: ({ context, event }) => {
      assertEvent(event, 'incarnation.ended');
      return event.generation !== context.generation;
    },
    isToStayDown: ({ context, event }) => {
      assertEvent(event, 'incarnation.ended');
      const { type } = context.restart;
      return type === 'temporary' || (type === 'transient' && event.state === 'stopped');
    },
    hasEndedTooOften: ({ context, event }) => {
      assertEvent(event, 'incarnation.ended');
      return decideRestart(context.restart, endsAfter(context, event), event.random).type === 'giveUp';
    },
  },
  actions: {
    adoptIncarnation: assign(({ event }) => {
      assertEvent(event, 'incarnation.started');
      return { generation: event.generation };
    }),
    forgetEnds: assign({ ends: [] }),
    recordEnd: assign(({ context, event }) => {
      assertEvent(event, 'incarnation.ended');
      const ends = endsAfter(context, event);
      const decision = decideRestart(context.restart, ends, event.random);
      return { ends, delay: decision.type === 'restart' ? decision.delay : 0 };
    }),
    announceDelay: emit(({ context }) => ({
      type: 'restart.scheduled' as const,
      delay: context.delay,
      end: context.ends.at(-1) as IncarnationEnd,
    })),
    announceRestart: emit({ type: 'restart.due' }),
    announceSurrender: emit(({ context }) => ({ type: 'restart.abandoned' as const, ends: context.ends })),
    fence: emit(({ context, event }) => {
      assertEvent(event, ['incarnation.started', 'incarnation.ended']);
      const { generation } = event;
      return { type: 'incarnation.fenced' as const, generation, current: context.generation };
    }),
  },
}).createMachine({
  id: 'agentSupervisor',
  description: 'What becomes of an agent whose incarnation has ended.',
  context: ({ input }) => ({
    restart: parseRestartPolicy(input.restart),
    generation: 0,
    ends: [],
    delay: 0,
  }),
  initial: 'unwanted',
  on: {
    'operator.remove': { target: '.removed', description: 'Forget the agent.' },
    'incarnation.started': [
      {
        guard: 'isNewer',
        actions: 'adoptIncarnation',
        description: 'Heed this incarnation, and none before it, from now on.',
      },
      { actions: 'fence', description: 'Discard what an earlier incarnation tells.' },
    ],
    'incarnation.ended': {
      guard: 'isStale',
      actions: 'fence',
      description: 'Discard what an earlier incarnation tells.',
    },
  },
  states: {
    unwanted: {
      description: 'Nobody wants the agent to run. Whatever becomes of its incarnation, it is not restarted.',
      on: {
        'operator.start': {
          target: 'supervised',
          actions: 'forgetEnds',
          description: 'Want the agent to run.',
        },
      },
    },
    supervised: {
      description: 'The agent is to run: its incarnation runs, or is on its way.',
      tags: 'wanted',
      on: {
        'operator.stop': { target: 'unwanted', description: 'Want the agent to end.' },
        'incarnation.ended': [
          {
            guard: 'isStale',
            actions: 'fence',
            description: 'Discard what an earlier incarnation tells.',
          },
          { guard: 'isToStayDown', target: 'unwanted', description: 'Let it be: its policy says so.' },
          {
            guard: 'hasEndedTooOften',
            target: 'gaveUp',
            actions: 'recordEnd',
            description: 'Give up: it has ended too often.',
          },
          {
            target: 'backingOff',
            actions: 'recordEnd',
            description: 'Restart it after a while.',
          },
        ],
      },
    },
    backingOff: {
      description: 'The agent is to run again, in a while.',
      tags: 'wanted',
      entry: 'announceDelay',
      after: {
        backoff: { target: 'supervised', actions: 'announceRestart', description: 'Restart it.' },
      },
      on: {
        'operator.start': {
          target: 'supervised',
          actions: 'announceRestart',
          description: 'Restart it without waiting any longer.',
        },
        'operator.stop': { target: 'unwanted', description: 'Restart it no more.' },
        'incarnation.started': [
          {
            guard: 'isNewer',
            target: 'supervised',
            actions: 'adoptIncarnation',
            description: 'There is another incarnation already.',
          },
          { actions: 'fence', description: 'Discard what an earlier incarnation tells.' },
        ],
      },
    },
    gaveUp: {
      description: 'The agent has ended too often to be restarted. An operator may want it to run once more.',
      entry: 'announceSurrender',
      on: {
        'operator.start': {
          target: 'supervised',
          actions: ['forgetEnds', 'announceRestart'],
          description: 'Try once more, with nothing held against it.',
        },
        'operator.stop': { target: 'unwanted', description: 'Let it be.' },
      },
    },
    removed: {
      description: 'The agent is forgotten.',
      type: 'final',
      tags: 'terminal',
    },
  },
});

/** The ends that count once this one is told of. */
function endsAfter(
  { restart, ends }: AgentSupervisorContext,
  { generation, failureReason: reason, upFor }: IncarnationEnded,
): AgentSupervisorContext['ends'] {
  return recentEnds(restart, [...ends, { generation, reason, upFor }]);
}
