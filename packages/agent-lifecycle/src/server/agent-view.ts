import { accepts, type Agent, healthOf, statePath } from 'xstate-agent-lifecycle';
import type { AgentView } from '../wire/agent-view.js';

/** An agent as the HTTP API shows it. */
export function agentView(agent: Agent): AgentView {
  const { version, versionNumber, pendingRequests, failureReason } = agent.record;
  const snapshot = agent.actor.getSnapshot();
  return {
    name: agent.name,
    state: agent.state,
    leaf: statePath(snapshot.value),
    operation: snapshot.context.operation,
    timer: agent.timer && { ...agent.timer },
    version,
    versionNumber,
    generation: agent.generation,
    health: healthOf(agent),
    supervision: agent.supervision,
    isCordoned: agent.isCordoned,
    waitsFor: agent.waitsFor,
    swapUnderWay: agent.swapUnderWay && { ...agent.swapUnderWay },
    pendingRequests,
    requests: {
      streaming: agent.requests.streaming,
      queued: agent.requests.queued,
      concurrency: snapshot.context.capacity,
      queue: agent.spec.requests.queue,
    },
    failureReason,
    accepts: accepts(snapshot),
  };
}
