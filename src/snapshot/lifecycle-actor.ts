import type { ActorRefFrom } from 'xstate';
import type { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';

export type LifecycleActor = ActorRefFrom<typeof agentLifecycleMachine>;
