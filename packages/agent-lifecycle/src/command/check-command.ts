import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { checkJournal } from '../record-check/check-journal.js';
import { escapeControls } from './escape-controls.js';
import { UsageError } from './command-error.js';
import { paragraphs } from './help-text.js';

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('check a record that `run --record` has written against the statechart')
    .argument('<file>', 'the record, in lines of JSON')
    .option('--json', 'print the verdict as JSON')
    .addHelpText(
      'after',
      paragraphs(
        'Exits with 0 when the chart could have taken every step, 1 at the first that it could not, 2 when the file cannot be read.',
      ),
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const verdict = checkJournal((await textOf(file)).split('\n'));
      process.exitCode = verdict.isSound ? 0 : 1;
      if (json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
      else if (verdict.isSound)
        process.stdout.write(`The chart allows every step: ${verdict.steps}, agents: ${verdict.agents}\n`);
      else process.stdout.write(`${escapeControls(`${file}:${verdict.line}: ${verdict.problem}`)}\n`);
    });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
