import type { AgentState } from './host-answers.js';
import { table } from './table.js';

/** Agents for people, a row each. */
export function agentTable(agents: readonly AgentState[]): string {
  return table(
    ['NAME', 'STATE', 'HEALTH', 'VERSION', 'GENERATION', 'PENDING', 'REASON'],
    agents.map(({ name, state, health, versionNumber, generation, pendingRequests }) => [
      name,
      state,
      health.status,
      String(versionNumber),
      String(generation),
      String(pendingRequests),
      health.reason ?? '',
    ]),
  );
}
