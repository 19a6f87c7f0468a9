import type { SwapView } from '../wire/agent-view.js';
import type { JournalEntryView, RecordedEntry } from '../wire/journal-entry.js';
import { stepIn, type PageAgent, type Step } from './agent-model.js';

/** The journals of a host's agents, as `agent-lifecycle run --record` has written them. */
export class RecordedJournal {
  readonly #entries = new Map<string, JournalEntryView[]>();

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

  get agents(): readonly PageAgent[] {
    return [...this.#entries.keys()].map((name) => this.viewAt(name, this.entriesOf(name).length));
  }

  entriesOf(agent: string): readonly JournalEntryView[] {
    return this.#entries.get(agent) ?? [];
  }

  /** An agent as it was after so many entries of its journal. */
  viewAt(name: string, count: number): PageAgent {
    const entries = this.entriesOf(name).slice(0, count);
    const { generation, leaf, deployed, last, swap } = courseOf(entries);
    const [state = leaf] = leaf.split('.');
    const failureReason = typeof last?.['failureReason'] === 'string' ? last['failureReason'] : null;
    return {
      name,
      state,
      leaf,
      operation: null,
      timer: null,
      version: typeof deployed?.['version'] === 'string' ? deployed['version'] : '',
      versionNumber: versionNumberIn(deployed),
      generation,
      health: { status: 'recorded', reason: null },
      supervision: 'recorded',
      isCordoned: isCordonedAfter(entries),
      waitsFor: [],
      swapUnderWay: swap,
      pendingRequests: Number(last?.['pendingRequests'] ?? 0),
      failureReason,
      accepts: [],
      receivedAt: 0,
    };
  }

  /** The step that an agent took last, as the one that serves after so many entries of its journal. */
  stepAt(name: string, count: number): Step | null {
    return stepIn(courseOf(this.entriesOf(name).slice(0, count)).last);
  }
}

/** How far the generation that serves has come. */
interface Course {
  readonly generation: number;
  readonly leaf: string;
  readonly deployed: JournalEntryView | undefined;
  /** Its last transition. */
  readonly last: JournalEntryView | undefined;
  readonly swap: SwapView | null;
}

/**
 * A generation serves from its deployment on, unless it is a swap's: that one is brought up beside the one that serves,
 * until the entry `swapped`.
 */
function courseOf(entries: readonly JournalEntryView[]): Course {
  const deployments = new Map<number, JournalEntryView>();
  const steps = new Map<number, JournalEntryView>();
  const interrupted = new Set<number>();
  let generation = entries[0]?.generation ?? 1;
  let replaced: number | null = null;
  let swap: SwapView | null = null;
  const leafOf = (of: number) => stepIn(steps.get(of))?.to ?? INITIAL;
  for (const entry of entries) {
    switch (entry.type) {
      case 'deployed':
        // A later run of the host counts generations from 1 again.
        if (entry.sequence === 1) for (const kept of [deployments, steps, interrupted]) kept.clear();
        if (leafOf(generation) === SERVING && !interrupted.has(generation)) {
          const versionNumber = versionNumberIn(entry);
          swap = { generation: entry.generation, versionNumber, phase: 'comingUp' };
        } else {
          generation = entry.generation;
          swap = null;
        }
        deployments.set(entry.generation, entry);
        break;
      case 'swapped':
        replaced = generation;
        generation = entry.generation;
        swap = isFinal(leafOf(replaced))
          ? null
          : { generation, versionNumber: versionNumberIn(deployments.get(generation)), phase: 'replaced' };
        break;
      case 'swapFailed':
        swap = null;
        break;
      case 'interrupted':
        // Its host has ended: what comes next is brought up in its place.
        interrupted.add(entry.generation);
        swap = null;
        break;
      case 'transition':
        steps.set(entry.generation, entry);
        if (entry.generation === replaced && isFinal(leafOf(replaced))) swap = null;
    }
  }
  const last = steps.get(generation);
  return { generation, leaf: leafOf(generation), deployed: deployments.get(generation), last, swap };
}

const INITIAL = 'unloaded.idle';
const SERVING = 'running.serving';

function isFinal(leaf: string): boolean {
  return leaf === 'stopped' || leaf === 'failed';
}

function versionNumberIn(deployed: JournalEntryView | undefined): number {
  return Number(deployed?.['versionNumber'] ?? 1);
}

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

/** It stays so from one generation to the next, and not from one run of the host to the next. */
function isCordonedAfter(entries: readonly JournalEntryView[]): boolean {
  const last = entries.findLast(
    ({ type, sequence }) =>
      type === 'cordoned' || type === 'uncordoned' || (type === 'deployed' && sequence === 1),
  );
  return last?.type === 'cordoned';
}
