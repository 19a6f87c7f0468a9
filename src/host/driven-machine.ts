import { enqueueActions, fromPromise } from 'xstate';
import { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentOperationInput } from '../../machines/agent-lifecycle.types.js';
import type { AgentDriver } from './agent-driver.js';

export type ForcedBy = 'drainTimeout' | 'stop';

/**
 * The lifecycle with a driver to carry its operations out.
 *
 * @param onForced is told that the agent is now stopped without waiting for its requests, before the driver is
 */
export function drivenMachine(driver: AgentDriver, onForced: (by: ForcedBy) => void) {
  const operation = (method: 'load' | 'instantiate' | 'start' | 'stop' | 'unload') =>
    fromPromise<unknown, AgentOperationInput>(async ({ input, signal }) =>
      driver[method]({ ...input, signal }),
    );
  return agentLifecycleMachine.provide({
    actors: {
      loading: operation('load'),
      instantiating: operation('instantiate'),
      starting: operation('start'),
      stopping: operation('stop'),
      unloading: operation('unload'),
    },
    actions: {
      force: enqueueActions(({ enqueue, event }) => {
        enqueue.assign({ forced: true });
        enqueue(() => {
          onForced(event.type === 'agent.stop' ? 'stop' : 'drainTimeout');
        });
      }),
    },
  });
}
