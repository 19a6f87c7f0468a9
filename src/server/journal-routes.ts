import type { Context } from 'hono';
import type { AgentHost } from '../host/agent-host.js';
import type { Journal, JournalEntry } from '../host/journal.js';
import { eventStream, type StreamedEvent } from './event-stream.js';

/** The entries of an agent's journal after some sequence number, as a list. */
export function journalList(c: Context, host: AgentHost, name: string) {
  const { journal } = host.agent(name);
  return c.json(journal.entries.filter(isAfter(journal, c.req.query('after'))));
}

/** Those entries, and each that follows. A reader that connects anew goes on where it was. */
export function journalStream(c: Context, host: AgentHost, name: string, closing: AbortSignal) {
  const { journal } = host.agent(name);
  const isNew = isAfter(journal, c.req.header('last-event-id') ?? c.req.query('after'));
  const toEvent = (entry: JournalEntry): StreamedEvent => ({
    event: 'entry',
    data: entry,
    id: `${journal.epoch}:${entry.sequence}`,
  });
  return eventStream(
    c,
    closing,
    `journal of ${JSON.stringify(name)}`,
    (send) =>
      host.watch((entry, agent) => {
        if (agent.name === name) send(toEvent(entry));
      }),
    journal.entries.filter(isNew).map(toEvent),
  );
}

/** @param id of an entry, `epoch:sequence`, or its sequence alone; one of another journal is none of this one's */
function isAfter(journal: Journal, id: string | undefined): (entry: JournalEntry) => boolean {
  const [sequence, epoch = journal.epoch] = (id ?? '0').split(':').reverse();
  const after = epoch === journal.epoch ? Number(sequence) : 0;
  return (entry) => !(entry.sequence <= after);
}
