import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentOperation } from '../../values/lifecycle-states.js';

/** The same actor logic for each of the chart's operations. */
export function everyOperation<Logic>(logic: Logic): Record<AgentOperation, Logic> {
  return Object.fromEntries(agentLifecycleChart.operations.map((operation) => [operation, logic])) as Record<
    AgentOperation,
    Logic
  >;
}
