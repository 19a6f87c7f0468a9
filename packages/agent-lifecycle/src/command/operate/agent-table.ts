import { requestsText, swapText, waitsText } from '../../wire/view-text.js';
import type { AgentView } from '../../wire/agent-view.js';
import { table } from './table.js';

/**
 * Formats agents as a table, one row each.
 *
 * @param width columns of the terminal; unlimited by default
 */
export function agentTable(agents: readonly AgentView[], width?: number): string {
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

/** The reasons that the state does not show. */
function reasonOf(agent: AgentView): string {
  const reasons = [waitsText(agent), swapText(agent), agent.health.reason, requestsText(agent)];
  return reasons.filter((reason) => reason !== null && reason !== agent.state).join('; ');
}
