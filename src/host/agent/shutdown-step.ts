import type { SnapshotFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import { accepts } from '../../chart/accepts.js';

/** What brings an agent one step nearer to its end; `wait` for what is in flight; `down` when there is nothing left. */
export type ShutdownStep = 'agent.drain' | 'agent.stop' | 'agent.unload' | 'wait' | 'down';

const GRACEFUL = ['agent.drain', 'agent.stop', 'agent.unload'] as const;
const FORCED = ['agent.stop', 'agent.unload'] as const;

export function nextShutdownStep(
  snapshot: SnapshotFrom<typeof agentLifecycleMachine>,
  force: boolean,
): ShutdownStep {
  if (snapshot.status !== 'active') return 'down';
  // A stop would cut short the drain under way.
  if (snapshot.hasTag('draining') && !force) return 'wait';
  const accepted = accepts(snapshot);
  const step = (force ? FORCED : GRACEFUL).find((type) => accepted.includes(type));
  return step ?? (snapshot.hasTag('transitioning') ? 'wait' : 'down');
}
