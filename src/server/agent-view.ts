import { accepts } from '../domain/accepts.js';
import { leafOf } from '../domain/top-state.js';
import type { Agent } from '../host/agent.js';
import { healthOf } from '../host/health.js';

/** What the server shows of an agent. */
export function agentView(agent: Agent) {
  const { version, versionNumber, pendingRequests, failureReason } = agent.record;
  const snapshot = agent.actor.getSnapshot();
  return {
    name: agent.name,
    state: agent.state,
    leaf: leafOf(snapshot.value),
    operation: snapshot.context.operation,
    timer: agent.timer,
    version,
    versionNumber,
    generation: agent.generation,
    health: healthOf(agent),
    supervision: agent.supervision,
    isCordoned: agent.isCordoned,
    waitsFor: agent.waitsFor,
    swapUnderWay: agent.swapUnderWay,
    pendingRequests,
    failureReason,
    accepts: accepts(snapshot),
  };
}
