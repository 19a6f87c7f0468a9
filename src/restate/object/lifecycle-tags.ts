import type { AnyStateNode } from 'xstate';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleTag } from '../../../machines/agent-lifecycle.types.js';

/** What an agent can be waited for: the tags that the chart declares. */
export const lifecycleTags = [
  ...new Set(tagsUnder(agentLifecycleMachine.root)),
] as readonly AgentLifecycleTag[];

function tagsUnder({ tags, states }: AnyStateNode): readonly string[] {
  return [...tags, ...Object.values(states).flatMap(tagsUnder)];
}
