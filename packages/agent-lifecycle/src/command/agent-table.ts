import { swapText, waitsText } from '../page/agent-model.js';
import type { AgentState } from './host-answers.js';
import { table } from './table.js';

/**
 * Agents for people, a row each.
 *
 * @param width columns that there are; by default as many as it takes
 */
export function agentTable(agents: readonly AgentState[], width?: number): string {
  return table(
    ['NAME', 'STATE', 'HEALTH', 'V/GEN', 'PENDING', 'REASON'],
    agents.map((agent) => [
      agent.name,
      agent.state,
      agent.health.status,
      `${agent.versionNumber}/${agent.generation}`,
      String(agent.pendingRequests),
      reasonOf(agent),
    ]),
    width,
  );
}

/** What its state does not say. */
function reasonOf({ state, health, waitsFor = [], swapUnderWay = null }: AgentState): string {
  const reasons = [waitsText({ waitsFor }), swapText({ swapUnderWay }), health.reason];
  return reasons.filter((reason) => reason !== null && reason !== state).join('; ');
}
