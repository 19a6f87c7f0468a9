import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import { chartGraph, reactionText } from '../../src/drawing/chart-graph.js';
import { doorMachine } from '../../../../test/inspect/door.js';

const STATE = {
  parent: null,
  kind: 'atomic',
  initial: false,
  description: null,
  tags: [],
  invokes: [],
  reactions: [],
};
const REACTION = { guard: null, actions: [], description: null };

describe('chartGraph', () => {
  it('reads states within states, and what leads from one to another', () => {
    expect(chartGraph(doorMachine)).toEqual({
      id: 'door',
      nodes: [
        {
          ...STATE,
          id: 'closed',
          key: 'closed',
          kind: 'compound',
          initial: true,
          reactions: [{ ...REACTION, event: 'door.knock', label: 'door.knock', actions: ['note'] }],
        },
        { ...STATE, id: 'closed.locked', key: 'locked', parent: 'closed', initial: true },
        { ...STATE, id: 'closed.unlocked', key: 'unlocked', parent: 'closed' },
        { ...STATE, id: 'open', key: 'open', kind: 'final' },
      ],
      edges: [
        {
          id: 'closed.locked → closed.unlocked',
          source: 'closed.locked',
          target: 'closed.unlocked',
          reactions: [{ ...REACTION, event: 'door.unlock', label: 'door.unlock' }],
        },
        {
          id: 'closed.unlocked → closed.locked',
          source: 'closed.unlocked',
          target: 'closed.locked',
          reactions: [
            { ...REACTION, event: 'xstate.after.patience.door.closed.unlocked', label: 'after patience' },
          ],
        },
        {
          id: 'closed.unlocked → open',
          source: 'closed.unlocked',
          target: 'open',
          reactions: [{ ...REACTION, event: '', label: 'always', guard: 'isWarm' }],
        },
      ],
    });
  });

  it('has each top state take what the whole machine takes, unless it has its own say or has ended', () => {
    const machine = createMachine({
      id: 'lamp',
      initial: 'off',
      on: { 'lamp.break': '.broken' },
      states: { off: {}, on: { on: { 'lamp.break': 'off' } }, broken: { type: 'final' } },
    });
    expect(chartGraph(machine).edges.map(({ id }) => id)).toEqual(['off → broken', 'on → off']);
  });
});

describe('reactionText', () => {
  it('has the guard behind the event', () => {
    const reaction = { ...REACTION, event: 'agent.stop', label: 'agent.stop' };
    expect([reactionText(reaction), reactionText({ ...reaction, guard: 'isWarm' })]).toEqual([
      'agent.stop',
      'agent.stop [isWarm]',
    ]);
  });
});
