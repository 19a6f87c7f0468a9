import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEntryView } from '../../wire/journal-entry.js';
import type { HostClient, StreamedEntry } from './host-client.js';
import { HostClientError } from './host-client-error.js';

export interface FollowOptions {
  /** The number of the last entry that is known. */
  readonly after: number;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Called when the stream has broken, before it reconnects. */
  readonly onBreak: (error: HostClientError) => void;
  /** Milliseconds before each attempt to reconnect; 1 000 by default. */
  readonly reconnectDelay?: number;
}

/**
 * Yields the entries of a journal as they come. A stream that breaks is resumed where it was, as soon as the host is
 * back. The journal of a new host is read from its first entry.
 *
 * @throws {HostClientError} when the host cannot be reached at first, or refuses
 */
export async function* followJournal(
  client: HostClient,
  name: string,
  { after, signal, onBreak, reconnectDelay = 1_000 }: FollowOptions,
): AsyncGenerator<JournalEntryView> {
  let last = String(after);
  let entries: AsyncIterable<StreamedEntry> | null = await client.journalStream(name, {
    after: last,
    signal,
  });
  while (entries !== null) {
    try {
      for await (const { id, entry } of entries) {
        last = id;
        yield entry;
      }
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      if (!signal.aborted) onBreak(error);
    }
    entries = await reconnect(client, name, { after: last, signal, reconnectDelay });
  }
}

/** Null after an abort. */
async function reconnect(
  client: HostClient,
  name: string,
  { after, signal, reconnectDelay }: { after: string; signal: AbortSignal; reconnectDelay: number },
): Promise<AsyncIterable<StreamedEntry> | null> {
  while (!signal.aborted) {
    await delay(reconnectDelay);
    try {
      return await client.journalStream(name, { after, signal });
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
  }
  return null;
}

function isUnreachable(error: unknown): error is HostClientError {
  return error instanceof HostClientError && error.code === 'Unreachable';
}
