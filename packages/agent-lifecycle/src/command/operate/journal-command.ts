import type { Command } from 'commander';
import { followJournal } from './follow-journal.js';
import type { JournalEntryView } from '../../wire/journal-entry.js';
import type { HostClient } from './host-client.js';
import { journalHead, journalLine } from './journal-lines.js';
import { integerIn } from '../option-parsers.js';
import { hostCommand, show, withHost, type HostOptions } from './host-command.js';

interface JournalOptions extends HostOptions {
  readonly follow?: boolean;
  readonly after: number;
}

export function addJournalCommand(program: Command): void {
  hostCommand(program, 'journal', 'show what has happened to an agent')
    .argument('<name>', 'the agent')
    .option('--follow', 'go on with what happens from now on; with --json in lines of JSON')
    .option(
      '--after <sequence>',
      'only what comes after the entry of this number',
      integerIn(0, Number.MAX_SAFE_INTEGER),
      0,
    )
    .action(async (name: string, options: JournalOptions) => {
      await withHost(options, async (client) => {
        if (options.follow) await follow(client, name, options);
        else show(options, await client.journal(name, options.after), journalText);
      });
    });
}

function journalText(entries: readonly JournalEntryView[]): string {
  return [journalHead, ...entries.map(lineOf)].join('\n');
}

/** As wide as the terminal, which may be made wider meanwhile; elsewhere one line each, for those who search in it. */
function lineOf(entry: JournalEntryView): string {
  return journalLine(entry, process.stdout.isTTY ? process.stdout.columns : undefined);
}

async function follow(client: HostClient, name: string, { after, json }: JournalOptions): Promise<void> {
  const readerGone = new AbortController();
  process.stdout.on('error', () => {
    readerGone.abort();
  });
  const entries = followJournal(client, name, {
    after,
    signal: readerGone.signal,
    onBreak: (error) => {
      process.stderr.write(`${error.message}; connecting anew\n`);
    },
  });
  if (!json) process.stdout.write(`${journalHead}\n`);
  for await (const entry of entries) {
    process.stdout.write(`${json ? JSON.stringify(entry) : lineOf(entry)}\n`);
  }
}
