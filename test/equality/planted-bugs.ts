import { assign } from 'xstate';
import { agentLifecycleMachine, PendingRequestCount } from '../../src/index.js';

/** The lifecycle with one assign or one guard that is not the chart's, as it would be compiled wrongly. */
export const PLANTED_BUGS: Readonly<Record<string, typeof agentLifecycleMachine>> = {
  'a request that is counted twice': agentLifecycleMachine.provide({
    actions: {
      countRequest: assign({
        pendingRequests: ({ context }) =>
          PendingRequestCount.parse(Math.min(PendingRequestCount.max, context.pendingRequests + 2)),
      }),
    },
  }),
  'a request that is forgotten where nobody looks': agentLifecycleMachine.provide({
    actions: {
      discountRequest: assign({
        pendingRequests: ({ context: { pendingRequests } }) =>
          pendingRequests === 321 ? pendingRequests : PendingRequestCount.decrement(pendingRequests),
      }),
    },
  }),
  'a capacity that is one too small': agentLifecycleMachine.provide({
    guards: { hasCapacity: ({ context }) => context.pendingRequests < context.capacity - 1 },
  }),
  'a capacity that is the same for all': agentLifecycleMachine.provide({
    guards: { hasCapacity: ({ context }) => context.pendingRequests < PendingRequestCount.max },
  }),
  'a drain that leaves one behind': agentLifecycleMachine.provide({
    guards: { hasNoPendingRequests: ({ context }) => context.pendingRequests <= 1 },
  }),
  'a stop that is never forced': agentLifecycleMachine.provide({
    actions: { force: assign({ forced: false }) },
  }),
  'a deadline that comes late': agentLifecycleMachine.provide({
    delays: { transitionTimeout: ({ context }) => context.transitionTimeout + 1 },
  }),
  'a transition that nobody hears of': agentLifecycleMachine.provide({
    actions: { announceTransition: () => undefined },
  }),
};
