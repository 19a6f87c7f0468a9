import { describe, expect, it, jest } from '@jest/globals';
import { accelerate, agentLifecycleMachine } from '../../src/index.js';
import { firstDifference } from './first-difference.js';
import { fleetImplementation, pureImplementation } from './implementations.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { ContextAssigner } from '../../src/accelerate/context-assigner.js';
import { AgentCursor } from '../../src/fleet/agent-cursor.js';

// Hundreds of thousands of refusals are made, of which nobody asks where.
Error.stackTraceLimit = 0;

const raw = pureImplementation(agentLifecycleMachine);

describe('every leaf with every number of pending requests, and every event', () => {
  it('come to the same in XState, accelerated and in a fleet', () => {
    const fast = pureImplementation(accelerate(agentLifecycleMachine));
    const { pairs, difference } = firstDifference(raw, [fast, fleetImplementation(agentLifecycleMachine)]);
    expect(difference).toBeNull();
    expect(pairs).toBeGreaterThan(1_100_000);
  }, 600_000);

  it.each(Object.entries(PLANTED_BUGS))('tell of %s in an accelerated machine', (_, machine) => {
    expect(firstDifference(raw, [pureImplementation(accelerate(machine))]).difference).not.toBeNull();
  });

  it.each(Object.entries(PLANTED_BUGS))('tell of %s in a fleet', (_, machine) => {
    expect(firstDifference(raw, [fleetImplementation(machine)]).difference).not.toBeNull();
  });

  it('tell of an assigner that is not called where it is accelerated', () => {
    const apply = jest.spyOn(ContextAssigner.prototype, 'apply');
    apply.mockImplementation((context) => ({ ...context }));
    const fast = pureImplementation(accelerate(agentLifecycleMachine));
    expect(firstDifference(raw, [fast]).difference).not.toBeNull();
    apply.mockRestore();
  });

  it('tell of a column of a fleet that is not written', () => {
    const previousState = jest.spyOn(AgentCursor.writers, 'previousState');
    previousState.mockImplementation(() => undefined);
    const fleet = fleetImplementation(agentLifecycleMachine);
    expect(firstDifference(raw, [fleet]).difference).not.toBeNull();
    previousState.mockRestore();
  });
});
