import { stepIn, type AgentView, type Entry } from './agent-model.js';

/** The journals of a host's agents, as `agent-lifecycle run --record` has written them. */
export class RecordedJournal {
  readonly #entries = new Map<string, Entry[]>();

  /** @throws when a line is no entry, or there is none */
  constructor(text: string) {
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      if (line.trim() === '') continue;
      const entry = entryIn(line);
      if (entry === null && isTorn(lines, index)) continue;
      if (entry === null) throw new Error(`line ${index + 1} is no entry of a journal`);
      if (entry.type === 'recording') continue;
      const entries = this.#entries.get(entry.agent) ?? [];
      this.#entries.set(entry.agent, entries);
      entries.push(entry);
    }
    if (this.#entries.size === 0) throw new Error('it has no entries');
  }

  get agents(): readonly AgentView[] {
    return [...this.#entries.keys()].map((name) => this.viewAt(name, this.entriesOf(name).length));
  }

  entriesOf(agent: string): readonly Entry[] {
    return this.#entries.get(agent) ?? [];
  }

  /** An agent as it was after so many entries of its journal. */
  viewAt(name: string, count: number): AgentView {
    const entries = this.entriesOf(name).slice(0, count);
    const generation = entries.at(-1)?.generation ?? 1;
    // A later run of the host counts its generations from 1 again.
    const course = entries
      .slice(Math.max(0, entries.findLastIndex(isDeploymentOf(generation))))
      .filter((entry) => entry.generation === generation);
    const deployed = course.find(({ type }) => type === 'deployed');
    const last = course.findLast(({ type }) => type === 'transition');
    const leaf = stepIn(last)?.to ?? 'unloaded.idle';
    const [state = leaf] = leaf.split('.');
    const failureReason = typeof last?.['failureReason'] === 'string' ? last['failureReason'] : null;
    return {
      name,
      state,
      leaf,
      operation: null,
      timer: null,
      version: typeof deployed?.['version'] === 'string' ? deployed['version'] : '',
      versionNumber: Number(deployed?.['versionNumber'] ?? 1),
      generation,
      health: { status: 'recorded', reason: null },
      supervision: 'recorded',
      isCordoned: isCordonedAfter(entries),
      pendingRequests: Number(last?.['pendingRequests'] ?? 0),
      failureReason,
      accepts: [],
      toldAt: 0,
    };
  }
}

type RecordedEntry = Entry & { readonly agent: string };

function entryIn(line: string): RecordedEntry | null {
  const entry = parsed(line);
  const isWhole = entry?.type === 'recording' || (typeof entry?.agent === 'string' && isMoment(entry.at));
  return isWhole ? (entry as RecordedEntry) : null;
}

/** Undefined when it is no JSON. */
function parsed(line: string): Partial<RecordedEntry> | null | undefined {
  try {
    return JSON.parse(line) as Partial<RecordedEntry> | null;
  } catch {
    return undefined;
  }
}

/** Whether a line is the unfinished last one of its run, as a host that is killed may leave it: `check` agrees. */
function isTorn(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? '';
  if (!line.startsWith('{') || parsed(line) !== undefined) return false;
  const next = lines.slice(index + 1).find((each) => each.trim() !== '');
  return next === undefined || parsed(next)?.type === 'recording';
}

function isMoment(at: unknown): boolean {
  return typeof at === 'number' && !Number.isNaN(new Date(at).getTime());
}

function isDeploymentOf(generation: number): (entry: Entry) => boolean {
  return (entry) => entry.type === 'deployed' && entry.generation === generation;
}

/** It stays so from one generation to the next, and not from one run of the host to the next. */
function isCordonedAfter(entries: readonly Entry[]): boolean {
  const last = entries.findLast(
    ({ type, sequence }) =>
      type === 'cordoned' || type === 'uncordoned' || (type === 'deployed' && sequence === 1),
  );
  return last?.type === 'cordoned';
}
