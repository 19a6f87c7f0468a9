import { Option, type Command } from 'commander';
import { PATH_COVERS } from 'xstate-agent-lifecycle/testing';
import type { ConformOptions } from './conform.js';
import { integerIn } from '../option-parsers.js';
import { paragraphs } from '../help-text.js';

export function addConformCommand(program: Command): void {
  program
    .command('conform')
    .description('test a program that speaks the conformance protocol against the lifecycle')
    .argument('<command...>', 'what starts the program; put -- before it')
    .addOption(
      new Option('--cover <cover>', 'how much of the chart the paths cover')
        .choices(PATH_COVERS)
        .default('pairs'),
    )
    .option('--seed <seed>', 'the seed of the random sequences', integerIn(-(2 ** 31), 2 ** 31 - 1))
    .option(
      '--runs <runs>',
      'the number of random sequences; 100, or none with --only',
      integerIn(0, 1_000_000),
    )
    .option('--path <path>', 'with --seed, replay one failed random sequence, and nothing else')
    .option('--only <text>', 'only the paths that have this in their name')
    .option(
      '--timeout <ms>',
      'the time that the program may take for an answer',
      integerIn(1, 3_600_000),
      5_000,
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      paragraphs(
        'Exits with 0 when it conforms, 1 when it does not, 2 when it crashes, hangs or speaks nonsense.',
      ),
    )
    .action(async (command: string[], options: ConformOptions) => {
      const { conform } = await import('./conform.js');
      process.exitCode = await conform(command, options);
    });
}
