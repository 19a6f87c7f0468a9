import { enqueueActions, fromPromise, type EventObject } from 'xstate';
import { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import type { AgentOperation } from '../../machines/agent-lifecycle.states.js';
import type { AgentOperationInput } from '../../machines/agent-lifecycle.types.js';
import type { AgentDriver } from './agent-driver.js';

export type OperationEnd = 'done' | 'failed' | 'aborted';

export interface DriveObserver {
  /** The agent is now stopped without waiting for its requests. Comes before the driver is told. */
  onForced(by: 'drainTimeout' | 'stop', event: EventObject): void;
  onOperationBegun(operation: AgentOperation): void;
  onOperationEnded(operation: AgentOperation, outcome: OperationEnd): void;
}

/** The lifecycle with a driver to carry its operations out. */
export function drivenMachine(driver: AgentDriver, observer: DriveObserver) {
  const operation = (method: 'load' | 'instantiate' | 'start' | 'stop' | 'unload') =>
    fromPromise<unknown, AgentOperationInput>(async ({ input, signal }) => {
      const { operation } = input;
      let isOver = false;
      const end = (outcome: OperationEnd) => {
        if (!isOver) observer.onOperationEnded(operation, outcome);
        isOver = true;
      };
      signal.addEventListener('abort', () => {
        end('aborted');
      });
      observer.onOperationBegun(operation);
      try {
        await driver[method]({ ...input, signal });
        end('done');
      } catch (error) {
        end('failed');
        throw error;
      }
    });
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
          observer.onForced(event.type === 'agent.stop' ? 'stop' : 'drainTimeout', event);
        });
      }),
    },
  });
}
