/** What a host tells of an agent. */
export interface AgentView {
  readonly name: string;
  readonly state: string;
  readonly leaf: string;
  readonly operation: string | null;
  readonly timer: { readonly delay: string; readonly total: number; readonly left: number } | null;
  readonly version: string;
  readonly versionNumber: number;
  readonly generation: number;
  readonly health: { readonly status: string; readonly reason: string | null };
  readonly supervision: string;
  readonly isCordoned: boolean;
  /** The agents that it depends on and that do not run yet. */
  readonly waitsFor: readonly string[];
  readonly swapUnderWay: SwapUnderWay | null;
  readonly pendingRequests: number;
  readonly failureReason: string | null;
  readonly accepts: readonly string[];
  /** When the page was told of it, on the page's clock: what is left of its timer is counted from then. */
  readonly toldAt: number;
}

/** A new version that is taking, or has taken, the place of the one before. */
export interface SwapUnderWay {
  readonly generation: number;
  readonly versionNumber: number;
  readonly phase: string;
}

/** An entry of a journal: its own fields are as many as there are kinds of entries. */
export interface Entry {
  readonly type: string;
  readonly sequence: number;
  readonly at: number;
  readonly generation: number;
  readonly [field: string]: unknown;
}

/** The step of the chart that an entry tells of; null for one that tells of something else. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly event: string | null;
}

export function stepIn(entry: Entry | undefined): Step | null {
  if (entry?.type !== 'transition') return null;
  const { from, to, event } = entry;
  return { from: String(from), to: String(to), event: typeof event === 'string' ? event : null };
}

/** What an agent says of those it waits for, and of its swap; null where there is nothing to say. */
export function waitsText({ waitsFor }: Pick<AgentView, 'waitsFor'>): string | null {
  return waitsFor.length === 0 ? null : `waits for ${waitsFor.join(', ')}`;
}

const PHASES: Readonly<Record<string, string>> = {
  comingUp: 'is coming up',
  replaced: 'has taken over, the one before drains',
  abandoned: 'is given up',
};

export function swapText({ swapUnderWay: swap }: Pick<AgentView, 'swapUnderWay'>): string | null {
  return swap === null ? null : `version ${swap.versionNumber} ${PHASES[swap.phase] ?? swap.phase}`;
}
