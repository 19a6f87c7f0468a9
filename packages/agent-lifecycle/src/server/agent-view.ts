import { accepts } from '../../../../src/chart/accepts.js';
import { leafOf } from '../../../../src/chart/top-state.js';
import type { Agent } from '../../../../src/host/agent/agent.js';
import { healthOf } from '../../../../src/host/supervision/health.js';

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
