import {
  createActor,
  enqueueActions,
  fromPromise,
  type ActorSystem,
  type ActorSystemInfo,
  type EventObject,
} from 'xstate';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentOperation } from '../../values/lifecycle-states.js';
import type { AgentOperationInput } from '../../../machines/agent-lifecycle.types.js';
import type { AgentLifecycleMachineInput } from '../../../machines/agent-lifecycle.types.js';
import type { AgentLifecycleActorRef } from '../../../machines/agent-lifecycle.machine.js';
import { accelerate } from '../../accelerate/accelerate.js';
import { once } from '../../util/once.js';
import type { AgentDriver } from '../agent-driver.js';
import type { Clock } from '../../util/clock.js';
import type { RestoreActor } from '../persistence/persisted-agent.js';

type OperationEnd = 'done' | 'failed' | 'aborted';

export interface DriveObserver {
  /** The agent is now stopped without waiting for its requests. Comes before the driver is told. */
  onForced(by: 'drainTimeout' | 'stop', event: EventObject): void;
  onOperationBegun(operation: AgentOperation): void;
  onOperationEnded(operation: AgentOperation, outcome: OperationEnd): void;
}

/** A lifecycle, not yet started, with a driver to carry its operations out. */
export function createDrivenActor(
  driver: AgentDriver,
  observer: DriveObserver,
  options: { readonly id: string; readonly input: AgentLifecycleMachineInput; readonly clock: Clock },
): AgentLifecycleActorRef {
  const actor = createActor(drivenMachine(), options);
  drives.set(actor.system as System, { driver, observer });
  return actor;
}

/** A lifecycle that goes on where an earlier host has left it, not yet started. */
export function restoreDrivenActor(
  driver: AgentDriver,
  observer: DriveObserver,
  restore: RestoreActor,
  options: Parameters<RestoreActor>[1],
): AgentLifecycleActorRef {
  const actor = restore(drivenMachine(), options);
  drives.set(actor.system as System, { driver, observer });
  return actor;
}

interface Drive {
  readonly driver: AgentDriver;
  readonly observer: DriveObserver;
}

type System = ActorSystem<ActorSystemInfo>;

/** By the system of a lifecycle, which is the root of its own: a machine for each would cost more than the agent. */
const drives = new WeakMap<System, Drive>();

/** Made for the first agent: whoever imports this package may never host one. */
const drivenMachine = /* @__PURE__ */ once(() =>
  accelerate(
    agentLifecycleMachine.provide({
      actors: {
        loading: operation('load'),
        instantiating: operation('instantiate'),
        starting: operation('start'),
        stopping: operation('stop'),
        unloading: operation('unload'),
      },
      actions: {
        force: enqueueActions(({ enqueue, event, system }) => {
          const { observer } = driveOf(system as System);
          enqueue.assign({ forced: true });
          enqueue(() => {
            observer.onForced(event.type === 'agent.stop' ? 'stop' : 'drainTimeout', event);
          });
        }),
      },
    }),
  ),
);

function operation(method: 'load' | 'instantiate' | 'start' | 'stop' | 'unload') {
  return fromPromise<unknown, AgentOperationInput>(async ({ input, signal, system }) => {
    const { driver, observer } = driveOf(system as System);
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
      // What a forced end aborts has a turn to end by itself, before it counts as abandoned.
      const turn = input.forced ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
      try {
        await driver[method]?.({ ...input, signal });
      } finally {
        await turn;
      }
      end('done');
    } catch (error) {
      end('failed');
      throw error;
    }
  });
}

function driveOf(system: System): Drive {
  // It is set before the lifecycle starts, and nothing runs before that.
  return drives.get(system) as Drive;
}
