import { createActor, fromPromise } from 'xstate';
import { agentLifecycleMachine } from '../../../machines/agent-lifecycle.machine.js';
import type {
  AgentLifecycleEvent,
  AgentOperationInput,
  LifecycleRejected,
} from '../../../machines/agent-lifecycle.types.js';
import { ACCEPTED } from '../lifecycle-step.js';
import { IDENTITY, type LifecycleSubject, type SubjectInput } from '../lifecycle-subject.js';
import { SteppedClock } from '../stepped-clock.js';
import { HeldOperations } from './held-operations.js';
import { viewOf } from '../view-of.js';
import { everyOperation } from './every-operation.js';

/** The chart itself, run by XState: `createActor(agentLifecycleMachine)`. */
export function machineSubject(input: SubjectInput, machine = agentLifecycleMachine): LifecycleSubject {
  const clock = new SteppedClock();
  const held = new HeldOperations();
  const operation = fromPromise<unknown, AgentOperationInput>(({ input: { operation }, signal }) =>
    held.begin(operation, signal),
  );
  const actors = everyOperation(operation);
  const actor = createActor(machine.provide({ actors }), { input: { ...IDENTITY, ...input }, clock });
  const refusals: LifecycleRejected[] = [];
  actor.on('lifecycle.rejected', (event) => refusals.push(event));
  actor.start();
  return {
    hasCapacity: true,
    send: (event) => {
      if (actor.getSnapshot().status !== 'active') return { accepted: false, code: 'TerminalState' };
      const before = refusals.length;
      actor.send(event as AgentLifecycleEvent);
      const refusal = refusals[before];
      return refusal === undefined ? ACCEPTED : { accepted: false, code: refusal.error.code };
    },
    state: () => viewOf(actor.getSnapshot()),
    advance: (ms) => {
      clock.advance(ms);
    },
    settle: (operation, outcome) => held.settle(operation, outcome),
    observed: () => ({ operations: held.inFlight, refusals: refusals.length }),
    dispose: () => {
      actor.stop();
    },
  };
}
