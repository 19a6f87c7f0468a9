import { assign, enqueueActions, setup } from 'xstate';
import { decideRestart, parseRestartPolicy, recentEnds } from '../src/domain/restart-policy.js';
import type {
  AgentSupervisorContext,
  AgentSupervisorEmitted,
  AgentSupervisorEvent,
  AgentSupervisorInput,
  AgentSupervisorTag,
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
    isNewer: ({ context, event }) =>
      event.type === 'incarnation.started' && event.generation > context.generation,
    isStale: ({ context, event }) => 'generation' in event && event.generation !== context.generation,
    isToStayDown: ({ context, event }) =>
      context.restart.type === 'temporary' ||
      (context.restart.type === 'transient' &&
        event.type === 'incarnation.ended' &&
        event.state === 'stopped'),
    hasEndedTooOften: ({ context, event }) =>
      decideRestart(context.restart, endsAfter(context, event), 0).type === 'giveUp',
  },
  actions: {
    adoptIncarnation: assign({
      generation: ({ context, event }) =>
        event.type === 'incarnation.started' ? event.generation : context.generation,
    }),
    forgetEnds: assign({ ends: [] }),
    recordEnd: assign({ ends: ({ context, event }) => endsAfter(context, event) }),
    decideDelay: assign({
      delay: ({ context, event }) => {
        const random = event.type === 'incarnation.ended' ? event.random : 0;
        const decision = decideRestart(context.restart, context.ends, random);
        return decision.type === 'restart' ? decision.delay : 0;
      },
    }),
    announceDelay: enqueueActions(({ context, enqueue }) => {
      const end = context.ends.at(-1);
      if (end !== undefined) enqueue.emit({ type: 'restart.scheduled', delay: context.delay, end });
    }),
    announceRestart: enqueueActions(({ enqueue }) => {
      enqueue.emit({ type: 'restart.due' });
    }),
    announceSurrender: enqueueActions(({ context, enqueue }) => {
      enqueue.emit({ type: 'restart.abandoned', ends: context.ends });
    }),
    fence: enqueueActions(({ context, event, enqueue }) => {
      if (!('generation' in event)) return;
      const { generation } = event;
      enqueue.emit({ type: 'incarnation.fenced', generation, current: context.generation });
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
            actions: ['recordEnd', 'decideDelay'],
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

/** The ends that count once this event is taken. */
function endsAfter(
  { restart, ends }: AgentSupervisorContext,
  event: AgentSupervisorEvent,
): AgentSupervisorContext['ends'] {
  if (event.type !== 'incarnation.ended') return ends;
  const { generation, failureReason: reason, upFor } = event;
  return recentEnds(restart, [...ends, { generation, reason, upFor }]);
}
