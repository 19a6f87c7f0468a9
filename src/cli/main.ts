#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander';
import { createRequire } from 'node:module';
import * as z from 'zod';
import { ConfigError } from './config-error.js';
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
  .option('--port <port>', 'the port to serve on; 0 for any free one', portIn, 4100)
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

function portIn(text: string): number {
  const parsed = z.coerce.number().int().min(0).max(65_535).safeParse(text);
  if (parsed.success && text.trim() !== '') return parsed.data;
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

function collect(name: string, before: string[]): string[] {
  return [...before, name];
}
