import {
  assign,
  enqueueActions,
  fromPromise,
  setup,
  type ActorRefFrom,
  type SnapshotFrom,
  type StateValueFrom,
} from 'xstate';
import { parseAgentLifecycleInput } from '../src/values/agent-lifecycle-input.js';
import { Capacity } from '../src/values/capacity.js';
import { FailureReason } from '../src/values/failure-reason.js';
import { readChart, type LifecycleChart } from './lifecycle-chart.js';
import { PendingRequestCount } from '../src/values/pending-request-count.js';
import { refusalOf } from './refusal.js';
import { StateTransitionError } from '../src/values/state-transition-error.js';
import type { AgentFinalState, AgentLifecycleState, AgentOperation } from '../src/values/lifecycle-states.js';
import type {
  AgentLifecycleContext,
  AgentLifecycleEmitted,
  AgentLifecycleEvent,
  AgentLifecycleMachineInput,
  AgentLifecycleOutput,
  AgentLifecycleTag,
  AgentOperationInput,
} from './agent-lifecycle.types.js';

/** The default of every operation: done at once, so that the chart runs as it is in a simulator. */
const completeAtOnce = fromPromise<unknown, AgentOperationInput>(() => Promise.resolve());

/**
 * The lifecycle of one agent. Each top state is one of Caxton's; where a host has work to do before the state can
 * change, the work is a child state. This is the only declaration of the lifecycle: lists of states, tables of
 * transitions and diagrams are read off it.
 *
 * The chart stays literal, repeats and all: Stately's editor reads it.
 *
 * @see https://docs.rs/caxton
 */
export const agentLifecycleMachine = setup({
  types: {
    context: {} as AgentLifecycleContext,
    input: {} as AgentLifecycleMachineInput,
    events: {} as AgentLifecycleEvent,
    emitted: {} as AgentLifecycleEmitted,
    output: {} as AgentLifecycleOutput,
    tags: {} as AgentLifecycleTag,
    children: {} as { [Operation in AgentOperation]: Operation },
  },
  actors: {
    loading: completeAtOnce,
    instantiating: completeAtOnce,
    unloading: completeAtOnce,
    starting: completeAtOnce,
    stopping: completeAtOnce,
  },
  delays: {
    transitionTimeout: ({ context }) => context.transitionTimeout,
    drainTimeout: ({ context }) => context.drainTimeout,
  },
  guards: {
    hasCapacity: ({ context }) => context.pendingRequests < capacityOf(context),
    hasPendingRequests: ({ context }) => PendingRequestCount.hasPending(context.pendingRequests),
    hasNoPendingRequests: ({ context }) => !PendingRequestCount.hasPending(context.pendingRequests),
    isXStateEvent: ({ event }) => event.type.startsWith('xstate.'),
  },
  actions: {
    beginOperation: assign({ operation: (_, params: { operation: AgentOperation }) => params.operation }),
    endOperation: assign({ operation: null }),
    countRequest: assign({
      pendingRequests: ({ context }) => PendingRequestCount.increment(context.pendingRequests),
    }),
    discountRequest: assign({
      pendingRequests: ({ context }) => PendingRequestCount.decrement(context.pendingRequests),
    }),
    force: assign({ forced: true }),
    recordReason: assign({
      failureReason: ({ event }) =>
        // Otherwise it is XState's event of a failed operation, which the types do not include.
        FailureReason.describe(
          event.type === 'agent.fail' ? event.reason : (event as { readonly error?: unknown }).error,
        ),
    }),
    recordTimeout: assign({
      failureReason: ({ context }) =>
        FailureReason.describe(
          new StateTransitionError({ code: 'TimeoutExceeded', timeoutMs: context.transitionTimeout }),
        ),
    }),
    recordPreviousState: assign({
      previousState: (_, params: { state: AgentLifecycleState }) => params.state,
    }),
    announceTransition: enqueueActions(
      ({ context, event, enqueue }, params: { state: AgentLifecycleState }) => {
        // There is no previous state only when the actor starts, which is no transition.
        if (context.previousState === null) return;
        enqueue.emit({
          type: 'lifecycle.transitioned',
          from: context.previousState,
          to: params.state,
          event,
        });
      },
    ),
    reject: enqueueActions(({ context, event, enqueue, check }, params: { state: AgentLifecycleState }) => {
      const { operation, pendingRequests } = context;
      // Those of the running machine: a host may provide its own.
      const isHeld = (guard: string) => check(guard as never);
      const situation = { state: params.state, operation, pendingRequests };
      enqueue.emit({
        type: 'lifecycle.rejected',
        event,
        error: refusalOf(agentLifecycleChart, situation, event),
        accepts: agentLifecycleChart.accepts(params.state, operation, isHeld),
      });
    }),
  },
}).createMachine({
  id: 'agentLifecycle',
  description: 'The lifecycle of one agent, from its deployment to its end.',
  context: ({ input }) => {
    const parsed = parseAgentLifecycleInput(input);
    // A spread would be ten times as slow.
    return {
      agentId: parsed.agentId,
      agentName: parsed.agentName,
      version: parsed.version,
      versionNumber: parsed.versionNumber,
      transitionTimeout: parsed.transitionTimeout,
      drainTimeout: parsed.drainTimeout,
      capacity: input.capacity === undefined ? Capacity.default : Capacity.parse(input.capacity),
      previousState: null,
      pendingRequests: PendingRequestCount.zero,
      failureReason: null,
      operation: null,
      forced: false,
    };
  },
  output: ({ context, event }) => ({
    state: event.output as AgentFinalState,
    failureReason: context.failureReason,
    abandonedRequests: context.pendingRequests,
    forced: context.forced,
  }),
  initial: 'unloaded',
  states: {
    unloaded: {
      description: 'The code of the agent is not loaded.',
      tags: 'unloaded',
      entry: { type: 'announceTransition', params: { state: 'unloaded' } },
      exit: { type: 'recordPreviousState', params: { state: 'unloaded' } },
      initial: 'idle',
      states: {
        idle: {
          description: 'Nothing happens until a host asks for it.',
          on: { 'agent.load': { target: 'loading', description: 'Load the code.' } },
        },
        loading: {
          description: 'The host loads the code: it reads and compiles it.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'loading' } },
          exit: 'endOperation',
          invoke: {
            id: 'loading',
            src: 'loading',
            input: operationInput,
            onDone: { target: '#agentLifecycle.loaded' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
          on: { 'agent.unload': { target: 'idle', description: 'Cancel the load.' } },
        },
      },
      on: {
        'agent.fail': {
          target: 'failed',
          actions: 'recordReason',
          description: 'Give the agent up, with a reason.',
        },
        '*': [
          // Taken without effect: a late error that nothing takes would end the whole actor.
          { guard: 'isXStateEvent', description: "XState's own events that come late change nothing." },
          {
            actions: { type: 'reject', params: { state: 'unloaded' } },
            description: 'Any other event is refused.',
          },
        ],
      },
    },
    loaded: {
      description: 'The code is loaded; no instance of it exists.',
      tags: 'loaded',
      entry: { type: 'announceTransition', params: { state: 'loaded' } },
      exit: { type: 'recordPreviousState', params: { state: 'loaded' } },
      initial: 'idle',
      states: {
        idle: {
          description: 'Nothing happens until a host asks for it.',
          on: {
            'agent.instantiate': {
              target: 'instantiating',
              description: 'Make an instance of the loaded code.',
            },
            'agent.unload': { target: 'unloading', description: 'Drop the loaded code.' },
          },
        },
        instantiating: {
          description: 'The host makes an instance of the loaded code.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'instantiating' } },
          exit: 'endOperation',
          invoke: {
            id: 'instantiating',
            src: 'instantiating',
            input: operationInput,
            onDone: { target: '#agentLifecycle.ready' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
          on: { 'agent.unload': { target: 'unloading', description: 'Abort the instantiation and unload.' } },
        },
        unloading: {
          description: 'The host drops the loaded code.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'unloading' } },
          exit: 'endOperation',
          invoke: {
            id: 'unloading',
            src: 'unloading',
            input: operationInput,
            onDone: { target: '#agentLifecycle.unloaded' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
        },
      },
      on: {
        'agent.fail': {
          target: 'failed',
          actions: 'recordReason',
          description: 'Give the agent up, with a reason.',
        },
        '*': [
          { guard: 'isXStateEvent', description: "XState's own events that come late change nothing." },
          {
            actions: { type: 'reject', params: { state: 'loaded' } },
            description: 'Any other event is refused.',
          },
        ],
      },
    },
    ready: {
      description: 'An instance exists and may start. It may idle here for ever.',
      tags: 'ready',
      entry: { type: 'announceTransition', params: { state: 'ready' } },
      exit: { type: 'recordPreviousState', params: { state: 'ready' } },
      initial: 'idle',
      states: {
        idle: {
          description: 'Nothing happens until a host asks for it.',
          on: {
            'agent.start': { target: 'starting', description: 'Start the instance.' },
            'agent.stop': { target: 'stopping', description: 'Stop the agent without ever starting it.' },
          },
        },
        starting: {
          description: 'The host starts the instance.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'starting' } },
          exit: 'endOperation',
          invoke: {
            id: 'starting',
            src: 'starting',
            input: operationInput,
            onDone: { target: '#agentLifecycle.running' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
          on: { 'agent.stop': { target: 'stopping', description: 'Abort the start and stop.' } },
        },
        stopping: {
          description: 'The host stops the instance.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'stopping' } },
          exit: 'endOperation',
          invoke: {
            id: 'stopping',
            src: 'stopping',
            input: operationInput,
            onDone: { target: '#agentLifecycle.stopped' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
        },
      },
      on: {
        'agent.fail': {
          target: 'failed',
          actions: 'recordReason',
          description: 'Give the agent up, with a reason.',
        },
        '*': [
          { guard: 'isXStateEvent', description: "XState's own events that come late change nothing." },
          {
            actions: { type: 'reject', params: { state: 'ready' } },
            description: 'Any other event is refused.',
          },
        ],
      },
    },
    running: {
      description: 'The agent has started.',
      tags: ['running', 'active'],
      entry: { type: 'announceTransition', params: { state: 'running' } },
      exit: { type: 'recordPreviousState', params: { state: 'running' } },
      initial: 'serving',
      states: {
        serving: {
          description: 'Requests are accepted, up to the capacity.',
          tags: 'accepting',
          on: {
            'request.accept': {
              guard: 'hasCapacity',
              actions: 'countRequest',
              description: 'A request begins: it is counted as pending.',
            },
            'agent.drain': {
              target: '#agentLifecycle.draining',
              description: 'Accept nothing more, finish what is pending, then stop.',
            },
            'agent.stop': [
              {
                guard: 'hasPendingRequests',
                target: 'stopping',
                actions: 'force',
                description: 'Stop without waiting for the pending requests.',
              },
              { target: 'stopping', description: 'Stop: nothing is pending.' },
            ],
          },
        },
        stopping: {
          description: 'The host stops the instance, whatever is still pending.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'stopping' } },
          exit: 'endOperation',
          invoke: {
            id: 'stopping',
            src: 'stopping',
            input: operationInput,
            onDone: { target: '#agentLifecycle.stopped' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
        },
      },
      on: {
        'request.complete': {
          actions: 'discountRequest',
          description: 'A request ends: it is no longer pending.',
        },
        'agent.fail': {
          target: 'failed',
          actions: 'recordReason',
          description: 'Give the agent up, with a reason.',
        },
        '*': [
          { guard: 'isXStateEvent', description: "XState's own events that come late change nothing." },
          {
            actions: { type: 'reject', params: { state: 'running' } },
            description: 'Any other event is refused.',
          },
        ],
      },
    },
    draining: {
      description: 'Nothing more is accepted; what is pending may finish.',
      tags: ['draining', 'active'],
      entry: { type: 'announceTransition', params: { state: 'draining' } },
      exit: { type: 'recordPreviousState', params: { state: 'draining' } },
      initial: 'awaitingRequests',
      states: {
        awaitingRequests: {
          description: 'Requests are pending.',
          always: {
            guard: 'hasNoPendingRequests',
            target: 'stopping',
            description: 'Every request has ended.',
          },
          after: {
            drainTimeout: {
              target: 'stopping',
              actions: 'force',
              description: 'Stop without waiting any longer.',
            },
          },
          on: {
            'agent.stop': {
              target: 'stopping',
              actions: 'force',
              description: 'Stop without waiting for the pending requests.',
            },
          },
        },
        stopping: {
          description: 'The host stops the instance.',
          tags: 'transitioning',
          entry: { type: 'beginOperation', params: { operation: 'stopping' } },
          exit: 'endOperation',
          invoke: {
            id: 'stopping',
            src: 'stopping',
            input: operationInput,
            onDone: { target: '#agentLifecycle.stopped' },
            onError: { target: '#agentLifecycle.failed', actions: 'recordReason' },
          },
          after: { transitionTimeout: { target: '#agentLifecycle.failed', actions: 'recordTimeout' } },
        },
      },
      on: {
        'request.complete': {
          actions: 'discountRequest',
          description: 'A request ends: it is no longer pending.',
        },
        'agent.fail': {
          target: 'failed',
          actions: 'recordReason',
          description: 'Give the agent up, with a reason.',
        },
        '*': [
          { guard: 'isXStateEvent', description: "XState's own events that come late change nothing." },
          {
            actions: { type: 'reject', params: { state: 'draining' } },
            description: 'Any other event is refused.',
          },
        ],
      },
    },
    stopped: {
      description: 'The agent has ended as it was told to.',
      type: 'final',
      tags: ['stopped', 'terminal'],
      entry: { type: 'announceTransition', params: { state: 'stopped' } },
      output: 'stopped',
    },
    failed: {
      description: 'The agent has ended by an error, which is its failure reason.',
      type: 'final',
      tags: ['failed', 'terminal'],
      entry: { type: 'announceTransition', params: { state: 'failed' } },
      output: 'failed',
    },
  },
});

/** A running lifecycle. */
export type AgentLifecycleActorRef = ActorRefFrom<typeof agentLifecycleMachine>;

/** The state of a lifecycle at one moment, with its context and tags. */
export type AgentLifecycleSnapshot = SnapshotFrom<typeof agentLifecycleMachine>;

/** The chart as data. */
export const agentLifecycleChart: LifecycleChart = readChart(agentLifecycleMachine);

type ChartState<Value> = Value extends string ? Value : keyof Value;
type Same<A, B> = [A, B] extends [B, A] ? true : never;
/** Does not compile unless the type of the states lists exactly the chart's. */
true satisfies Same<ChartState<StateValueFrom<typeof agentLifecycleMachine>>, AgentLifecycleState>;

/** A snapshot that was persisted before lifecycles had a capacity has none. */
function capacityOf({ capacity }: { readonly capacity?: Capacity }): Capacity {
  return capacity ?? Capacity.default;
}

function operationInput({ context }: { context: AgentLifecycleContext }): AgentOperationInput {
  const { agentId, agentName, version, versionNumber, operation, forced } = context;
  // Entering the state of an operation begins it before its actor is invoked.
  return { agentId, agentName, version, versionNumber, operation: operation as AgentOperation, forced };
}
