import { agentLifecycleChart as chart } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleState, AgentOperation } from '../values/lifecycle-states.js';

const [INITIAL] = chart.states as [AgentLifecycleState];

/** Whether nothing is left of an instance once an operation is done: the chart ends there, or begins anew. */
export function leavesNothing(state: AgentLifecycleState, operation: AgentOperation): boolean {
  const target = chart.targetOfOperation(state, operation);
  return chart.isFinal(target) || target === INITIAL;
}

/**
 * The operations that bring an instance to a state, in their order: those that a host does again whose process has lost
 * it.
 */
export function operationsBefore(state: AgentLifecycleState): readonly AgentOperation[] {
  const ways: { at: AgentLifecycleState; operations: AgentOperation[] }[] = [{ at: INITIAL, operations: [] }];
  const seen = new Set([INITIAL]);
  for (const { at, operations } of ways) {
    if (at === state) return operations;
    for (const operation of chart.operations) {
      if (!chart.hasOperation(at, operation) || leavesNothing(at, operation)) continue;
      const target = chart.targetOfOperation(at, operation);
      if (seen.has(target)) continue;
      seen.add(target);
      ways.push({ at: target, operations: [...operations, operation] });
    }
  }
  return [];
}
