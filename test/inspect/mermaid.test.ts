import { describe, expect, it } from '@jest/globals';
import { setup } from 'xstate';
import { toMermaid } from '../../src/inspect/mermaid.js';

describe('toMermaid', () => {
  it('draws states within states, guards, delays, and what a state takes without leaving it', () => {
    const machine = setup({
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
    expect(toMermaid(machine).split('\n')).toEqual([
      'flowchart TB',
      '  chart_initial(( )) --> chart_closed',
      '  subgraph chart_closed["closed<br>door.knock"]',
      '    chart_closed_initial(( )) --> chart_closed_locked',
      '    chart_closed_locked("locked")',
      '    chart_closed_unlocked("unlocked")',
      '  end',
      '  chart_open[["open"]]',
      '  chart_closed_locked -->|"door.unlock"| chart_closed_unlocked',
      '  chart_closed_unlocked -->|"after patience"| chart_closed_locked',
      '  chart_closed_unlocked -->|"always [isWarm]"| chart_open',
    ]);
  });
});
