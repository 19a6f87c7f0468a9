import { describe, expect, it } from '@jest/globals';
import { agentLifecycleChart as chart } from '../../machines/agent-lifecycle.machine.js';
import { leavesNothing, operationsBefore } from '../../src/chart/operations-before.js';

describe('a host whose process has lost an instance', () => {
  it('does again what leads to the state that it was in', () => {
    expect(Object.fromEntries(chart.states.map((state) => [state, operationsBefore(state)]))).toEqual({
      unloaded: [],
      loaded: ['loading'],
      ready: ['loading', 'instantiating'],
      running: ['loading', 'instantiating', 'starting'],
      draining: [],
      stopped: [],
      failed: [],
    });
  });

  it('does nothing again for an operation that leaves nothing of it', () => {
    const pairs = chart.states.flatMap((state) =>
      chart.operations
        .filter((operation) => chart.hasOperation(state, operation) && leavesNothing(state, operation))
        .map((operation) => `${state} ${operation}`),
    );
    expect(pairs).toEqual(['loaded unloading', 'ready stopping', 'running stopping', 'draining stopping']);
  });
});
