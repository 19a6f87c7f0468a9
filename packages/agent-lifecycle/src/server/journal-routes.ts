import type { Context } from 'hono';
import { type AgentHost, InvalidValueError, type Journal, type JournalEntry } from 'xstate-agent-lifecycle';
import type { JournalEntryView } from '../wire/journal-entry.js';
import { frameOf, type EventStreams, type Frame } from './event-streams.js';

/** Made once for all streams that are sent it. */
const frames = new WeakMap<JournalEntry, Frame>();

/** The entries of an agent's journal after some sequence number, as a list. */
export function journalList(c: Context, host: AgentHost, name: string) {
  const { journal } = host.agent(name);
  const entries: readonly JournalEntryView[] = journal.entries.filter(isAfter(journal, afterIn(c)));
  return c.json(entries);
}

/** Those entries, and each that follows. A reader that connects anew goes on where it was. */
export function journalStream(c: Context, host: AgentHost, name: string, streams: EventStreams) {
  const { journal } = host.agent(name);
  const isNew = isAfter(journal, c.req.header('last-event-id') ?? afterIn(c));
  return streams.respond(c, {
    greeting: `journal of ${JSON.stringify(name)}`,
    initial: framesOf(journal, journal.entries.filter(isNew)),
    subscribe: (stream) =>
      host.watch((entry, agent) => {
        if (agent.name === name) stream.send(frameFor(agent.journal, entry));
      }),
  });
}

function* framesOf(journal: Journal, entries: readonly JournalEntry[]): Iterable<Frame> {
  for (const entry of entries) yield frameFor(journal, entry);
}

function frameFor({ epoch }: Journal, entry: JournalEntry): Frame {
  const known = frames.get(entry);
  if (known !== undefined) return known;
  const frame = frameOf({
    event: 'entry',
    data: entry satisfies JournalEntryView,
    id: `${epoch}:${entry.sequence}`,
  });
  frames.set(entry, frame);
  return frame;
}

/** @throws {InvalidValueError} */
function afterIn(c: Context): string | undefined {
  const after = c.req.query('after');
  if (after === undefined || /^([\w-]+:)?\d{1,15}$/.test(after)) return after;
  throw new InvalidValueError({
    field: 'after',
    expected: 'the number or the id of an entry',
    received: after,
  });
}

/** @param id of an entry, `epoch:sequence`, or its sequence alone; one of another journal is none of this one's */
function isAfter(journal: Journal, id: string | undefined): (entry: JournalEntry) => boolean {
  const [sequence, epoch = journal.epoch] = (id ?? '0').split(':').reverse();
  const after = epoch === journal.epoch ? Number(sequence) : 0;
  return (entry) => !(entry.sequence <= after);
}
