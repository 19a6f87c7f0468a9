import { assertEvent, assign, emit, setup } from 'xstate';
import {
  decideRestart,
  parseRestartPolicy,
  recentEnds,
  type InstanceEnd,
} from '../src/values/restart-policy.js';
import type {
  AgentSupervisorContext,
  AgentSupervisorEmitted,
  AgentSupervisorEvent,
  AgentSupervisorInput,
  AgentSupervisorTag,
  InstanceEnded,
} from './agent-supervisor.types.js';

/**
 * Decides whether an agent is restarted when its instance has ended. An instance is one lifecycle with a generation
 * number. The host makes it, and sends its start and its end.
 *
 * The chart stays literal, repeats and all: Stately's editor reads it.
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
      assertEvent(event, 'instance.started');
      return event.generation > context.generation;
    },
    isStale: ({ context, event }) => {
      assertEvent(event, 'instance.ended');
      return event.generation !== context.generation;
    },
    isToStayDown: ({ context, event }) => {
      assertEvent(event, 'instance.ended');
      const { type } = context.restart;
      return type === 'temporary' || (type === 'transient' && event.state === 'stopped');
    },
    hasEndedTooOften: ({ context, event }) => {
      assertEvent(event, 'instance.ended');
      return decideRestart(context.restart, endsAfter(context, event), event.random).type === 'giveUp';
    },
  },
  actions: {
    adoptInstance: assign(({ event }) => {
      assertEvent(event, 'instance.started');
      return { generation: event.generation };
    }),
    forgetEnds: assign({ ends: [] }),
    recordEnd: assign(({ context, event }) => {
      assertEvent(event, 'instance.ended');
      const ends = endsAfter(context, event);
      const decision = decideRestart(context.restart, ends, event.random);
      return { ends, delay: decision.type === 'restart' ? decision.delay : 0 };
    }),
    announceDelay: emit(({ context }) => ({
      type: 'restart.scheduled' as const,
      delay: context.delay,
      end: context.ends.at(-1) as InstanceEnd,
    })),
    announceRestart: emit({ type: 'restart.due' }),
    announceSurrender: emit(({ context }) => ({ type: 'restart.abandoned' as const, ends: context.ends })),
    fence: emit(({ context, event }) => {
      assertEvent(event, ['instance.started', 'instance.ended']);
      const { generation } = event;
      return { type: 'instance.fenced' as const, generation, current: context.generation };
    }),
  },
}).createMachine({
  id: 'agentSupervisor',
  description: 'Decides whether an agent is restarted when its instance has ended.',
  context: ({ input }) => ({
    restart: parseRestartPolicy(input.restart),
    generation: 0,
    ends: [],
    delay: 0,
  }),
  initial: 'unwanted',
  on: {
    'operator.remove': { target: '.removed', description: 'Forget the agent.' },
    'instance.started': [
      {
        guard: 'isNewer',
        actions: 'adoptInstance',
        description: 'Supervise this instance, and none before it, from now on.',
      },
      { actions: 'fence', description: 'Discard the report of an earlier instance.' },
    ],
    'instance.ended': {
      guard: 'isStale',
      actions: 'fence',
      description: 'Discard the report of an earlier instance.',
    },
  },
  states: {
    unwanted: {
      description: 'The agent is not to run. It is not restarted when its instance ends.',
      on: {
        'operator.start': {
          target: 'supervised',
          actions: 'forgetEnds',
          description: 'Have the agent run.',
        },
      },
    },
    supervised: {
      description: 'The agent is to run: its instance runs, or is on its way.',
      tags: 'wanted',
      on: {
        'operator.stop': { target: 'unwanted', description: 'Have the agent end.' },
        'instance.ended': [
          {
            guard: 'isStale',
            actions: 'fence',
            description: 'Discard the report of an earlier instance.',
          },
          {
            guard: 'isToStayDown',
            target: 'unwanted',
            description: 'Do not restart it: its policy says so.',
          },
          {
            guard: 'hasEndedTooOften',
            target: 'gaveUp',
            actions: 'recordEnd',
            description: 'Give up: it has ended too often.',
          },
          {
            target: 'backingOff',
            actions: 'recordEnd',
            description: 'Restart it after a delay.',
          },
        ],
      },
    },
    backingOff: {
      description: 'The agent will be restarted after a delay.',
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
        'operator.stop': { target: 'unwanted', description: 'Cancel the restart.' },
        'instance.started': [
          {
            guard: 'isNewer',
            target: 'supervised',
            actions: 'adoptInstance',
            description: 'Another instance was started meanwhile.',
          },
          { actions: 'fence', description: 'Discard the report of an earlier instance.' },
        ],
      },
    },
    gaveUp: {
      description: 'The agent has ended too often to be restarted. An operator may start it again.',
      entry: 'announceSurrender',
      on: {
        'operator.start': {
          target: 'supervised',
          actions: ['forgetEnds', 'announceRestart'],
          description: 'Start it again; its earlier ends no longer count.',
        },
        'operator.stop': { target: 'unwanted', description: 'Do not start it again.' },
      },
    },
    removed: {
      description: 'The agent is forgotten.',
      type: 'final',
      tags: 'terminal',
    },
  },
});

/** The ends that count, this one included. */
function endsAfter(
  { restart, ends }: AgentSupervisorContext,
  { generation, failureReason: reason, upFor }: InstanceEnded,
): AgentSupervisorContext['ends'] {
  return recentEnds(restart, [...ends, { generation, reason, upFor }]);
}
