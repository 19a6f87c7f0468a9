import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEntryAnswer } from './host-answers.js';
import type { HostClient, StreamedEntry } from './host-client.js';
import { HostClientError } from './host-client-error.js';

export interface FollowOptions {
  /** The number of the last entry that is known. */
  readonly after: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told that the stream has broken, before it connects anew. */
  readonly onBreak: (error: HostClientError) => void;
  /** Milliseconds before each attempt to connect anew; 1 000 by default. */
  readonly reconnectDelay?: number;
}

/**
 * The entries of a journal as they come. A stream that breaks is taken up where it was, as soon as there is a host
 * again, however long that may take; the journal of another host, from its first entry that is kept.
 *
 * @throws {HostClientError} when the host cannot be reached at first, or refuses
 */
export async function* followJournal(
  client: HostClient,
  name: string,
  { after, signal, onBreak, reconnectDelay = 1_000 }: FollowOptions,
): AsyncGenerator<JournalEntryAnswer> {
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

/** Null when nobody wants to follow any longer. */
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
