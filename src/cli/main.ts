#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { createRequire } from 'node:module';
import * as z from 'zod';
import { PATH_COVERS } from '../testing/lifecycle-paths.js';
import { ConfigError } from './config-error.js';
import { conform } from './conform.js';
import { run } from './run.js';
import { UsageError } from './usage-error.js';

const { version } = createRequire(import.meta.url)('xstate-agent-lifecycle/package.json') as {
  version: string;
};

const program = new Command('agent-lifecycle')
  .description('Hosts agents whose lifecycle is a statechart')
  .version(version)
  .exitOverride();

program
  .command('run')
  .description('run the agents of a config, and serve them over HTTP')
  .argument('<config>', 'a JSON file that lists the agents')
  .option('--port <port>', 'the port to serve on; 0 for any free one', integerIn(0, 65_535, 'a port'), 4100)
  .option(
    '--host <host>',
    'the address to serve on; AGENT_LIFECYCLE_TOKEN must be set for any but loopback',
    '127.0.0.1',
  )
  .option(
    '--allow-host <name>',
    'a further host name by which the server may be called; may be repeated',
    collect,
    [],
  )
  .addHelpText(
    'after',
    '\nSIGINT or SIGTERM drains the agents and exits with 0; a second one stops them at once and exits with 1.' +
      '\nA config or a command line that is not what it should be exits with 2, before anything starts.',
  )
  .action(async (config: string, options: { port: number; host: string; allowHost: string[] }) => {
    const token = process.env['AGENT_LIFECYCLE_TOKEN'];
    process.exit(await run(config, { ...options, token: token === '' ? undefined : token }));
  });

program
  .command('conform')
  .description('hold a program that speaks the conformance protocol against the lifecycle')
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
  .option('--json', 'print the report as JSON', false)
  .addHelpText(
    'after',
    '\nExits with 0 when it conforms, 1 when it does not, 2 when it crashes, hangs or speaks nonsense.',
  )
  .action(async (command: string[], options: Parameters<typeof conform>[1]) => {
    process.exitCode = await conform(command, options);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeFor(error);
}

function exitCodeFor(error: unknown): number {
  // Commander has shown its own errors already.
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof ConfigError || error instanceof UsageError ? 2 : 1;
}

function integerIn(min: number, max: number, what = 'an integer'): (text: string) => number {
  return (text) => {
    const parsed = z.coerce.number().int().min(min).max(max).safeParse(text);
    if (parsed.success && text.trim() !== '') return parsed.data;
    throw new InvalidArgumentError(`Expected ${what} from ${min} to ${max}.`);
  };
}

function collect(name: string, before: string[]): string[] {
  return [...before, name];
}
