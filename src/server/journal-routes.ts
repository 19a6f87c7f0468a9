import type { Context } from 'hono';
import type { AgentHost } from '../host/agent-host.js';
import type { JournalEntry } from '../host/journal.js';
import { eventStream } from './event-stream.js';

/** The entries of an agent's journal after some sequence number, as a list. */
export function journalList(c: Context, host: AgentHost, name: string) {
  return c.json(host.agent(name).journal.entries.filter(isAfter(c.req.query('after'))));
}

/** Those entries, and each that follows. A reader that connects anew goes on where it was. */
export function journalStream(c: Context, host: AgentHost, name: string, closing: AbortSignal) {
  const isNew = isAfter(c.req.header('last-event-id') ?? c.req.query('after'));
  return eventStream(c, closing, `journal of ${JSON.stringify(name)}`, (send) => {
    const sendEntry = (entry: JournalEntry) => {
      send({ event: 'entry', data: entry, id: String(entry.sequence) });
    };
    host.agent(name).journal.entries.filter(isNew).forEach(sendEntry);
    return host.watch((entry, agent) => {
      if (agent.name === name) sendEntry(entry);
    });
  });
}

function isAfter(sequence: string | undefined): (entry: JournalEntry) => boolean {
  const after = Number(sequence ?? 0);
  return (entry) => !(entry.sequence <= after);
}
