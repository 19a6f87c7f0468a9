import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { AgentHost } from 'xstate-agent-lifecycle';
import { RECORDING } from '../../record-check/check-journal.js';
import { UsageError } from '../command-error.js';

/** A file into which the journals of all agents are written, a line of JSON for each entry. */
export interface JournalRecord {
  /** Writes what is left, and closes the file. */
  close(): Promise<void>;
}

/** The reason of a failure may hold anything. */
const OWNER_ONLY = 0o600;

/**
 * Records the journals of a host's agents, present and future. The file is appended to: each run of a host begins with
 * a line of its own.
 *
 * @param onError called when the file cannot be written any more; the agents continue, unrecorded
 * @throws {UsageError} when the file cannot be written at all
 */
export async function recordJournals(
  host: AgentHost,
  file: string,
  onError: (error: unknown) => void,
): Promise<JournalRecord> {
  const stream = createWriteStream(file, { flags: 'a', mode: OWNER_ONLY });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => {
      resolve();
    });
    stream.once('error', (error) => {
      reject(new UsageError(`${file} cannot be written: ${error.message}`));
    });
  });
  stream.on('error', onError);
  const write = (line: object) => {
    if (stream.writable) stream.write(`${JSON.stringify(line)}\n`);
  };
  // A run before this one may have been killed in the middle of a line.
  stream.write('\n');
  write({ type: RECORDING, at: Date.now() });
  const subscription = host.watch((entry, { name }) => {
    write({ agent: name, ...entry });
  });
  return {
    close: async () => {
      subscription.unsubscribe();
      stream.end();
      await finished(stream).catch(() => undefined);
    },
  };
}
