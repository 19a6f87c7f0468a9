import type { AgentLifecycleEvent } from '../../../machines/agent-lifecycle.types.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import type { Agent } from '../../host/agent/agent.js';
import type { AgentDriver } from '../../host/agent-driver.js';
import { createAgentHost } from '../../host/agent-host.js';
import { ACCEPTED, type HostEvent, type SendResult } from '../lifecycle-step.js';
import type { LifecycleSubject, SubjectInput } from '../lifecycle-subject.js';
import { SteppedClock } from '../stepped-clock.js';
import { HeldOperations, macrotask } from './held-operations.js';
import { viewOf } from '../view-of.js';

/** A host, driven by the commands and the requests of its agent. */
export function hostSubject({ capacity, ...input }: SubjectInput): LifecycleSubject {
  const clock = new SteppedClock();
  const held = new HeldOperations();
  const requests: (() => void)[] = [];
  const operation: AgentDriver['load'] = ({ operation, signal }) => held.begin(operation, signal);
  const driver: AgentDriver = {
    load: operation,
    instantiate: operation,
    start: operation,
    stop: operation,
    unload: operation,
    handle: () => new Promise<void>((resolve) => requests.push(resolve)),
    dispose: () => undefined,
  };
  const host = createAgentHost({ drivers: { held: () => driver }, clock });
  const agent = host.deploy({
    name: 'subject',
    driver: 'held',
    ...input,
    requests: { concurrency: capacity, queue: 0 },
  });
  let refusals = 0;
  agent.subscribe(({ type }) => {
    if (type === 'lifecycle.rejected') refusals++;
  });
  return {
    hasCapacity: true,
    send: async (event) => {
      if (agent.hasEnded) return { accepted: false, code: 'TerminalState' };
      return refusalOf(act(agent, requests, event));
    },
    state: () => viewOf(agent.actor.getSnapshot()),
    advance: async (ms) => {
      clock.advance(ms);
      await macrotask();
    },
    settle: (operation, outcome) => held.settle(operation, outcome),
    observed: () => ({ operations: held.inFlight, refusals }),
    dispose: async () => {
      for (const end of requests) end();
      await agent.fail('disposed of');
    },
  };
}

/** Does what an event stands for, and answers the error when it comes to an end at once. */
async function act(
  agent: Agent,
  requests: (() => void)[],
  event: HostEvent,
): Promise<StateTransitionError | null> {
  switch (event.type) {
    case 'agent.load':
      return (await agent.load()).error;
    case 'agent.instantiate':
      return (await agent.instantiate()).error;
    case 'agent.start':
      return (await agent.start()).error;
    case 'agent.drain':
      return (await agent.drain()).error;
    case 'agent.stop':
      return (await agent.stop()).error;
    case 'agent.unload':
      return (await agent.unload()).error;
    case 'agent.fail':
      return (await agent.fail(event.reason)).error;
    case 'request.accept':
      return agent.request(null).then(
        () => null,
        (error: unknown) => {
          const { cause } = error as Error;
          return cause instanceof StateTransitionError ? cause : null;
        },
      );
  }
  const end = event.type === 'request.complete' ? requests.shift() : undefined;
  if (end !== undefined) {
    end();
    return null;
  }
  // No method of an agent sends what is left: it goes to the actor itself.
  let refusal: StateTransitionError | null = null;
  const subscription = agent.actor.on('lifecycle.rejected', ({ error }) => (refusal = error));
  agent.actor.send(event as AgentLifecycleEvent);
  subscription.unsubscribe();
  return refusal;
}

/** A refusal comes at once; what takes longer was accepted. */
async function refusalOf(acting: Promise<StateTransitionError | null>): Promise<SendResult> {
  let result = ACCEPTED;
  void acting.then((error) => {
    if (error !== null) result = { accepted: false, code: error.code };
  });
  await macrotask();
  return result;
}
