import { setup } from 'xstate';

/** A small machine of all that a drawing shows: guards, delays, actions, states within states, and a wildcard. */
export const doorMachine = setup({
  guards: { isWarm: () => true },
  delays: { patience: 1_000 },
  actions: { note: () => undefined },
}).createMachine({
  id: 'door',
  initial: 'closed',
  states: {
    closed: {
      initial: 'locked',
      on: { 'door.knock': { actions: 'note' }, '*': { actions: 'note' } },
      states: {
        locked: { on: { 'door.unlock': 'unlocked' } },
        unlocked: { always: { guard: 'isWarm', target: '#door.open' }, after: { patience: 'locked' } },
      },
    },
    open: { type: 'final' },
  },
});
