import { InvalidArgumentError, Option, type Command } from 'commander';
import { hostName } from 'xstate-agent-lifecycle/restate';
import { endProcess } from '../end-process.js';
import { bearerTokenIn, httpUrl, integerIn } from '../option-parsers.js';
import type { ServeOptions } from './serve.js';
import { paragraphs } from '../help-text.js';

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('host agents whose lifecycles Restate keeps, on this and other machines')
    .argument('[config]', 'a JSON file that lists agents to deploy to this host and run')
    .addOption(
      new Option('--restate <url>', 'where Restate takes calls')
        .env('RESTATE_INGRESS_URL')
        .argParser(httpUrl)
        .default('http://127.0.0.1:8080'),
    )
    .addOption(
      new Option('--restate-admin <url>', 'where Restate is administrated; port 9070 of the same machine')
        .env('RESTATE_ADMIN_URL')
        .argParser(httpUrl),
    )
    .option(
      '--host-name <name>',
      'the name of this host, which agents are deployed to',
      parseHostName,
      'main',
    )
    .option(
      '--port <port>',
      'the port that Restate calls; 0 for any free one',
      integerIn(0, 65_535, 'a port'),
      9080,
    )
    .option('--listen <address>', 'the address that Restate calls', '127.0.0.1')
    .addOption(
      new Option('--advertise <url>', 'the URL by which Restate reaches it, where that is another').argParser(
        httpUrl,
      ),
    )
    .addOption(
      new Option('--parts <parts>', 'the objects of agents, which machines may share, this host, or both')
        .choices(['all', 'objects', 'host'])
        .default('all'),
    )
    .option(
      '--requests-port <port>',
      'the port of 127.0.0.1 for requests to the agents; 0 for any free one',
      integerIn(0, 65_535, 'a port'),
      4100,
    )
    .addHelpText(
      'after',
      paragraphs(
        'The bearer token that requests must present, where there is one, is that of AGENT_LIFECYCLE_TOKEN.',
        'SIGINT, SIGTERM or SIGHUP drains the agents of this host and exits with 0; a second one stops them at once and exits with 1; a third exits at once, with 130, 143 or 129.',
        'Exits with 1 when Restate does not take this host, 2 when the command line or the config is wrong or this Node is too old, 3 when no Restate server can be reached.',
      ),
    )
    .action(async (config: string | undefined, options: Omit<ServeOptions, 'token'>) => {
      const { serve } = await import('./serve.js');
      await endProcess(await serve(config ?? null, { ...options, token: bearerTokenIn(process.env) }));
    });
}

function parseHostName(text: string): string {
  const parsed = hostName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Expected 1 to 63 letters, digits, - and _.');
}
