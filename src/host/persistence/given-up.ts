import type { IncarnationEnd } from '../../values/restart-policy.js';
import type { AgentPast } from './host-memory.js';

/**
 * The ends for which the supervisor of an earlier host has given an agent up; null where it has not, or where there
 * was another incarnation since, or where the journal is kept no further back than that.
 */
export function givenUpAfter({ goal, journal }: AgentPast): readonly IncarnationEnd[] | null {
  if (goal !== 'ended') return null;
  const last = journal.entries.findLast(({ type }) => type === 'gaveUp' || type === 'deployed');
  return last?.type === 'gaveUp' ? last.ends : null;
}
