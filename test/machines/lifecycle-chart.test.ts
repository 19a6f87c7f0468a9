import { describe, expect, it } from '@jest/globals';
import { setup } from 'xstate';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import { readChart } from '../../machines/lifecycle-chart.js';

describe('a chart', () => {
  it('asks guards by their names, those with params, too', () => {
    const machine = setup({
      guards: { isOpen: () => true, isOver: (_, _params: { count: number }) => true },
    }).createMachine({
      initial: 'running',
      states: {
        running: {
          on: {
            'agent.drain': { guard: 'isOpen', actions: () => undefined },
            'agent.stop': { guard: { type: 'isOver', params: { count: 1 } }, actions: () => undefined },
          },
        },
      },
    });
    const asked: string[] = [];
    const accepted = readChart(machine).accepts('running', null, (guard) => asked.push(guard) > 1);
    expect([accepted, asked]).toEqual([['agent.stop'], ['isOpen', 'isOver']]);
  });

  it('takes an operation that a state has not to lead nowhere', () => {
    expect(agentLifecycleChart.targetOfOperation('stopped', 'loading')).toBe('stopped');
  });
});
