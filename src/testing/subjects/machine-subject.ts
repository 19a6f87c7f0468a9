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

/** The chart itself, run by XState: `createActor(agentLifecycleMachine)`. */
export function machineSubject(input: SubjectInput, machine = agentLifecycleMachine): LifecycleSubject {
  const clock = new SteppedClock();
  const held = new HeldOperations();
  const operation = fromPromise<unknown, AgentOperationInput>(({ input: { operation }, signal }) =>
    held.begin(operation, signal),
  );
  const actors = {
    loading: operation,
    instantiating: operation,
    unloading: operation,
    starting: operation,
    stopping: operation,
  };
  const actor = createActor(machine.provide({ actors }), { input: { ...IDENTITY, ...input }, clock });
  let refusals: LifecycleRejected[] = [];
  actor.on('lifecycle.rejected', (event) => refusals.push(event));
  actor.start();
  return {
    send: (event) => {
      if (actor.getSnapshot().status !== 'active') return { accepted: false, code: 'TerminalState' };
      refusals = [];
      actor.send(event as AgentLifecycleEvent);
      if (refusals.length === 0) return ACCEPTED;
      return { accepted: false, code: refusals.map(({ error }) => error.code).join(' and ') };
    },
    state: () => viewOf(actor.getSnapshot()),
    advance: (ms) => {
      clock.advance(ms);
    },
    settle: (operation, outcome) => held.settle(operation, outcome),
    dispose: () => {
      actor.stop();
    },
  };
}
