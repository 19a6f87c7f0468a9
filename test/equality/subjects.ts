import { accelerate, agentLifecycleMachine } from '../../src/index.js';
import { createFleet, type FleetEvent } from '../../src/fleet/index.js';
import {
  machineSubject,
  SteppedClock,
  type LifecycleSubject,
  type SubjectInput,
} from '../../src/testing/index.js';
import { ACCEPTED } from '../../src/testing/lifecycle-step.js';
import { IDENTITY } from '../../src/testing/lifecycle-subject.js';

/** An accelerated machine, run by XState. */
export function acceleratedSubject(input: SubjectInput, machine = agentLifecycleMachine): LifecycleSubject {
  return machineSubject(input, accelerate(machine));
}

/** One agent of a fleet, whose operations run elsewhere: in the test. */
export function fleetSubject(input: SubjectInput, machine = agentLifecycleMachine): LifecycleSubject {
  const clock = new SteppedClock();
  const fleet = createFleet(machine, { clock, capacity: 1 });
  const id = fleet.add({ ...IDENTITY, ...input });
  let refusals = 0;
  fleet.subscribe((_, { type }) => {
    if (type === 'lifecycle.rejected') refusals++;
  });
  const operation = () => fleet.context(id).operation;
  return {
    hasCapacity: true,
    send: (event) => {
      const refusal = fleet.send(id, event as FleetEvent);
      return refusal === null ? ACCEPTED : { accepted: false, code: refusal.code };
    },
    state: () => {
      const { pendingRequests, previousState, failureReason } = fleet.context(id);
      return {
        state: fleet.state(id),
        operation: operation(),
        pendingRequests,
        previousState,
        failureReason,
      };
    },
    advance: (ms) => {
      clock.advance(ms);
    },
    settle: (ended, outcome) => {
      if (outcome.type === 'done') fleet.send(id, { type: `xstate.done.actor.${ended}` });
      else fleet.send(id, { type: `xstate.error.actor.${ended}`, error: new Error(outcome.message) });
    },
    observed: () => ({ operations: [operation() ?? []].flat(), refusals }),
    dispose: () => {
      fleet.stop();
    },
  };
}
