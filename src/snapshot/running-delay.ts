import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleContext } from '../../machines/agent-lifecycle.types.js';

type Timeouts = Pick<AgentLifecycleContext, 'transitionTimeout' | 'drainTimeout'>;

/** Milliseconds of the timeout that runs in a state with its child; null where none does. */
export function runningDelay(leaf: string, timeouts: Timeouts): number | null {
  const delay = agentLifecycleChart.delayIn(leaf);
  return delay === null ? null : timeouts[delay];
}
