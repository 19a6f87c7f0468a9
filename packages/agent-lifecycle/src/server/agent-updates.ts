import type { Context } from 'hono';
import type { Agent, AgentHost } from 'xstate-agent-lifecycle';
import type { AgentsUpdate } from '../wire/agent-view.js';
import { agentView } from './agent-view.js';
import { frameOf, type EventStream, type EventStreams, type Frame } from './event-streams.js';

/** Milliseconds: as often as a reader's eye needs. */
const PERIOD = 200;
/** Periods without a change after which the streams say that the host is there: no script can read their comments. */
const QUIET_PERIODS = 25;
/** Removed agents that are remembered for readers that lag behind. */
const MAX_REMOVED = 10_000;

/**
 * How the agents are, for any number of streams: what has changed is looked for once, and an update is made once for all
 * that have read the one before. One that reads nothing costs nothing: it is sent what has changed since, once it reads.
 */
export class AgentUpdates {
  readonly #host: AgentHost;
  /** Counts the looks at which something had changed. */
  #version = 0;
  readonly #marks = new Map<string, string>();
  readonly #changedAt = new Map<string, number>();
  readonly #removedAt = new Map<string, number>();
  /** The removed agents are known that were there in this version. */
  #removedSince = 0;
  /** Updates to the version of now, by the version from which they lead. */
  readonly #frames = new Map<number, Frame>();
  /** The version that each stream has been sent. */
  readonly #sent = new Map<EventStream, number>();
  /** Those that have read all that they were sent. */
  readonly #ready = new Set<EventStream>();
  #timer: NodeJS.Timeout | null = null;
  #quietPeriods = 0;

  constructor(host: AgentHost) {
    this.#host = host;
  }

  /** Streams how the agents are: all at first, then those that have changed since. */
  respond(c: Context, streams: EventStreams) {
    return streams.respond(c, {
      greeting: 'agents',
      subscribe: (stream) => {
        this.#look();
        this.#timer ??= setInterval(this.#update, PERIOD);
        this.#sent.set(stream, NOTHING);
        this.#ready.add(stream);
        return {
          unsubscribe: () => {
            this.#forget(stream);
          },
        };
      },
      onRead: (stream) => {
        this.#ready.add(stream);
        this.#bringUpToDate(stream);
      },
    });
  }

  readonly #update = (): void => {
    // How long a timeout still runs is in them.
    this.#frames.clear();
    const before = this.#version;
    this.#look();
    this.#quietPeriods = this.#version === before ? this.#quietPeriods + 1 : 0;
    const isAlive = this.#quietPeriods > 0 && this.#quietPeriods % QUIET_PERIODS === 0;
    for (const stream of this.#ready) {
      this.#bringUpToDate(stream);
      if (isAlive && !stream.isBehind) stream.send(ALIVE);
    }
  };

  #bringUpToDate(stream: EventStream): void {
    const sent = this.#sent.get(stream);
    if (sent === undefined || sent === this.#version) return;
    if (stream.isBehind) {
      this.#ready.delete(stream);
      return;
    }
    if (sent !== NOTHING && sent < this.#removedSince) {
      stream.end();
      return;
    }
    this.#sent.set(stream, this.#version);
    stream.send(this.#frameSince(sent));
  }

  #look(): void {
    const next = this.#version + 1;
    const agents = this.#host.agents;
    let hasChanged = this.#version === 0;
    for (const agent of agents) {
      const mark = markOf(agent);
      if (this.#marks.get(agent.name) === mark) continue;
      this.#marks.set(agent.name, mark);
      this.#changedAt.set(agent.name, next);
      this.#removedAt.delete(agent.name);
      hasChanged = true;
    }
    if (this.#marks.size > agents.length) {
      const names = new Set(agents.map(({ name }) => name));
      for (const name of this.#marks.keys()) {
        if (names.has(name)) continue;
        this.#marks.delete(name);
        this.#changedAt.delete(name);
        this.#removedAt.set(name, next);
      }
      hasChanged = true;
      if (this.#removedAt.size > MAX_REMOVED) this.#forgetRemovedBefore(next);
    }
    if (!hasChanged) return;
    this.#version = next;
    this.#frames.clear();
  }

  #forgetRemovedBefore(version: number): void {
    for (const [name, at] of this.#removedAt) if (at < version) this.#removedAt.delete(name);
    this.#removedSince = version - 1;
  }

  #frameSince(version: number): Frame {
    const known = this.#frames.get(version);
    if (known !== undefined) return known;
    const changed = this.#host.agents.filter(({ name }) => (this.#changedAt.get(name) ?? 0) > version);
    const removed = [...this.#removedAt].filter(([, at]) => version > NOTHING && at > version);
    const data: AgentsUpdate = { changed: changed.map(agentView), removed: removed.map(([name]) => name) };
    const frame = frameOf({ event: 'agents', data });
    this.#frames.set(version, frame);
    return frame;
  }

  #forget(stream: EventStream): void {
    this.#sent.delete(stream);
    this.#ready.delete(stream);
    if (this.#sent.size > 0) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#removedAt.clear();
  }
}

const ALIVE = frameOf({ event: 'alive', data: null });

/** Before the first version. */
const NOTHING = -1;

/** What a view shows, as cheaply as it can be compared: there may be a thousand agents. */
function markOf(agent: Agent): string {
  const { generation, supervision, isCordoned, waitsFor, swapUnderWay } = agent;
  const { value } = agent.actor.getSnapshot();
  const { pending, streaming, queued } = agent.requests;
  return [
    ...[JSON.stringify(value), pending, streaming, queued, generation, supervision, isCordoned],
    ...[swapUnderWay?.generation, swapUnderWay?.phase, ...waitsFor],
  ].join(' ');
}
