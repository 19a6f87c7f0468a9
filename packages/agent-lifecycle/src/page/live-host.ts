import type { AgentsUpdate } from '../wire/agent-view.js';
import type { JournalEntryView } from '../wire/journal-entry.js';
import type { PageAgent } from './agent-model.js';

export interface HostListener {
  /** @param isAnew whether these are all agents there are: the connection is new */
  onAgents(changed: readonly PageAgent[], removed: readonly string[], isAnew: boolean): void;
  /** The entries that are kept of the journal that is followed, in place of those that were told before. */
  onJournal(entries: readonly JournalEntryView[]): void;
  onEntry(entry: JournalEntryView): void;
  /** @param isBack whether it was lost before */
  onConnected(isBack: boolean): void;
  onLost(): void;
  /** The host demands its token. */
  onLocked(): void;
}

/** Milliseconds until the next attempt. */
const RETRY = 1_000;

/** Milliseconds until a command is given up of which nothing is to be seen. */
const COMMAND_TIMEOUT = 30_000;

/** Seconds without a word after which the host is taken for lost: it says every five that it is there. */
const MAX_SILENCE = 15;

/** A host that runs, heard over server-sent events. A connection that breaks is made anew, as often as it takes. */
export class LiveHost {
  readonly #listener: HostListener;
  /** Aborted when the connection is given up, whatever it waits for. */
  #connection = new AbortController();
  /** Aborted when another journal is followed, or none. */
  #following = new AbortController();
  #wasConnected = false;
  /** Since it was connected last. */
  #wasLost = false;
  #lastEventAt: number | null = null;

  constructor(listener: HostListener) {
    this.#listener = listener;
  }

  /** When it was last heard, on the page's clock; null for never. */
  get lastEventAt(): number | null {
    return this.#lastEventAt;
  }

  connect(): void {
    this.disconnect();
    this.#connection = new AbortController();
    void this.#connect(this.#connection.signal);
  }

  disconnect(): void {
    this.#connection.abort();
    this.#following.abort();
  }

  /** Hears the journal of one agent from now on, and what is kept of it. */
  follow(agent: string): void {
    this.unfollow();
    this.#following = new AbortController();
    void this.#follow(agent, this.#following.signal);
  }

  unfollow(): void {
    this.#following.abort();
  }

  /**
   * @param isUnderWay whether the agent is seen to carry something out: it takes as long as it takes, then
   * @returns what went wrong, if anything
   */
  async command(agent: string, command: string, isUnderWay: () => boolean): Promise<string | null> {
    // A command that waits for a connection, as it does with many tabs, is not to be carried out much later.
    const late = new AbortController();
    const patience = setTimeout(() => {
      if (!isUnderWay()) late.abort();
    }, COMMAND_TIMEOUT);
    try {
      const response = await fetch(`${pathOf(agent)}/${command}`, { method: 'POST', signal: late.signal });
      if (response.ok) return null;
      if (response.status === 401) this.#listener.onLocked();
      const { error } = (await response.json()) as { error?: { message?: string } };
      return error?.message ?? `The host answered ${response.status}`;
    } catch {
      if (!late.signal.aborted) return 'The host does not answer';
      return `The host has not answered within ${COMMAND_TIMEOUT / 1_000} s`;
    } finally {
      clearTimeout(patience);
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const response = await fetch('agents', { signal }).catch(() => null);
    if (signal.aborted) return;
    if (response?.status === 401) {
      // It is there, and was told to be: what follows is a login.
      this.#wasLost = false;
      this.#listener.onLocked();
      return;
    }
    if (response?.ok !== true) {
      this.#lose();
      return;
    }
    let isAnew = true;
    const updates = new EventSource('events');
    // A connection can be gone without an error: a machine sleeps, a network drops what is sent.
    let silence = 0;
    const watch = setInterval(() => {
      if (++silence > MAX_SILENCE) this.#lose();
    }, 1_000);
    signal.addEventListener('abort', () => {
      updates.close();
      clearInterval(watch);
    });
    const hear = () => {
      silence = 0;
      this.#lastEventAt = performance.now();
    };
    updates.addEventListener('alive', hear);
    updates.addEventListener('agents', ({ data }: MessageEvent<string>) => {
      hear();
      const { changed, removed } = JSON.parse(data) as AgentsUpdate;
      if (isAnew) {
        this.#listener.onConnected(this.#wasLost);
        this.#wasConnected = true;
        this.#wasLost = false;
      }
      const receivedAt = performance.now();
      const agents = changed.map((agent) => ({ ...agent, receivedAt }));
      this.#listener.onAgents(agents, removed, isAnew);
      isAnew = false;
    });
    updates.addEventListener('error', () => {
      this.#lose();
    });
  }

  #lose(): void {
    this.disconnect();
    const next = new AbortController();
    this.#connection = next;
    this.#wasLost = this.#wasConnected;
    this.#listener.onLost();
    setTimeout(() => {
      if (!next.signal.aborted) this.connect();
    }, RETRY);
  }

  /**
   * Asks for the journal first: a stream that goes on where the last one was would miss what a host that has been
   * restarted counts from 1 again, and does not say that there is no such agent any more.
   */
  async #follow(agent: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(`${pathOf(agent)}/journal`, { signal }).catch(() => null);
    const entries =
      response?.ok === true ? ((await response.json().catch(() => [])) as JournalEntryView[]) : [];
    if (signal.aborted) return;
    this.#listener.onJournal(entries);
    // Of one that is gone, or of a host that is, the list of agents tells.
    if (response?.ok !== true) return;
    const stream = new EventSource(`${pathOf(agent)}/journal/events?after=${entries.at(-1)?.sequence ?? 0}`);
    signal.addEventListener('abort', () => {
      stream.close();
    });
    stream.addEventListener('entry', ({ data }: MessageEvent<string>) => {
      this.#listener.onEntry(JSON.parse(data) as JournalEntryView);
    });
    stream.addEventListener('error', () => {
      stream.close();
      setTimeout(() => {
        if (!signal.aborted) this.follow(agent);
      }, RETRY);
    });
  }
}

/** Relative to the page, as all addresses here: its app may be under any prefix. */
function pathOf(agent: string): string {
  return `agents/${encodeURIComponent(agent)}`;
}
