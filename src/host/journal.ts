import { v4 as randomUUID } from 'uuid';
import type { Subscription } from 'xstate';
import type { AgentOperation } from '../values/lifecycle-states.js';
import type { InstanceEnd } from '../values/restart-policy.js';
import type { StateTransitionErrorCode } from '../values/state-transition-error.js';
import type { DrainReport } from './requests/drain-report.js';
import { Listeners } from '../util/listeners.js';

/** What happens to an agent. Durations and delays are milliseconds. */
export type AgentOccurrence =
  | { readonly type: 'deployed'; readonly version: string; readonly versionNumber: number }
  | {
      readonly type: 'transition';
      /** A state of the chart with its child: `running.serving`. */
      readonly from: string;
      readonly to: string;
      /** What caused it: an event of a host, or one of XState's own; null where it came past the host. */
      readonly event: string | null;
      readonly failureReason: string | null;
      readonly pendingRequests: number;
    }
  | {
      readonly type: 'refusal';
      readonly event: string;
      readonly code: StateTransitionErrorCode;
      readonly message: string;
    }
  | {
      readonly type: 'operation';
      readonly operation: AgentOperation;
      readonly outcome: 'done' | 'failed' | 'aborted';
      readonly duration: number;
    }
  | { readonly type: 'drained'; readonly report: DrainReport }
  | { readonly type: 'restartScheduled'; readonly delay: number; readonly reason: string | null }
  | { readonly type: 'restarted' | 'restartCancelled' }
  | { readonly type: 'gaveUp'; readonly ends: readonly InstanceEnd[] }
  | { readonly type: 'fenced'; readonly current: number }
  | { readonly type: 'swapped'; readonly from: number }
  /** `serving` is null where neither version serves. */
  | { readonly type: 'swapFailed'; readonly serving: number | null; readonly reason: string }
  | { readonly type: 'cordoned' | 'uncordoned' }
  /** Its driver tells of something odd that ends nothing. */
  | { readonly type: 'notice'; readonly message: string }
  /** Its host ended, without a word, while it was there. */
  | { readonly type: 'interrupted'; readonly state: string; readonly operation: AgentOperation | null };

/** An occurrence, with the agent, its generation, its place in the journal and its time. */
export type JournalEntry = AgentOccurrence & {
  /** Counts the entries of an agent, from 1. */
  readonly sequence: number;
  /** Milliseconds since 1970, where the host's clock keeps the real time. */
  readonly at: number;
  /** The instance to which it happened. */
  readonly generation: number;
};

/** What a journal goes on from. */
export interface JournalPast {
  readonly epoch: string;
  readonly entries: readonly JournalEntry[];
}

export interface JournalOptions {
  /** How many entries it keeps: an integer from 1. */
  readonly capacity: number;
  /** The journal that it goes on. */
  readonly before: JournalPast | undefined;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** What has happened to an agent, of late: the oldest entries make room for new ones. */
export class Journal {
  /** Unlike that of any other journal: where it changes, sequence numbers begin anew. */
  readonly epoch: string;
  /** How many entries it keeps. */
  readonly capacity: number;
  readonly #now: () => number;
  readonly #listeners = new Listeners<[JournalEntry]>();
  readonly #onError: (error: unknown) => void;
  #entries: JournalEntry[] = [];
  #sequence = 0;

  constructor(options: JournalOptions) {
    const { before, capacity } = options;
    this.epoch = before?.epoch ?? randomUUID();
    this.#entries = [...(before?.entries ?? [])];
    this.#sequence = before?.entries.at(-1)?.sequence ?? 0;
    this.capacity = capacity;
    this.#now = options.now;
    this.#onError = options.onError;
  }

  /** The entries that are kept, the oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.#entries.slice(-this.capacity);
  }

  /** What another journal goes on from. It holds nothing of this one. */
  get past(): JournalPast {
    return { epoch: this.epoch, entries: this.entries };
  }

  /** Hears each entry from now on. What a listener throws is caught. */
  subscribe(listener: (entry: JournalEntry) => void): Subscription {
    return this.#listeners.add(listener);
  }

  /** Adds an entry. */
  append(generation: number, occurrence: AgentOccurrence): void {
    const entry = { sequence: ++this.#sequence, at: this.#now(), generation, ...occurrence };
    this.#entries.push(entry);
    // One cut for many entries: to move them all for each would cost more than to keep some more for a while.
    if (this.#entries.length > 2 * this.capacity) this.#entries = this.#entries.slice(-this.capacity);
    this.#listeners.notify(this.#onError, entry);
  }
}
