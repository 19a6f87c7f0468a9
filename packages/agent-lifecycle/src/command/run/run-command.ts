import { Option, type Command } from 'commander';
import { endProcess } from '../end-process.js';
import { LOG_FORMATS } from '../log/host-log.js';
import { bearerTokenIn, collectHostName, directoryPath, integerIn } from '../option-parsers.js';
import type { RunOptions } from './run.js';
import { paragraphs } from '../help-text.js';

export function addRunCommand(program: Command): void {
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
      'a further host name, without a port, by which the server may be called; may be repeated',
      collectHostName,
    )
    .option(
      '--data <dir>',
      'a directory that keeps the agents, so that a restarted host continues with them',
      directoryPath,
    )
    .addOption(
      new Option('--log <format>', 'the format of the log: text for people, or json, a line for each event')
        .choices(LOG_FORMATS)
        .default('text'),
    )
    .addOption(
      new Option(
        '--inspect [port]',
        'show the agents in the Stately inspector, whose relay listens on this port of 127.0.0.1; 0 for any free one',
      )
        .preset('8080')
        .argParser(integerIn(0, 65_535, 'a port')),
    )
    .option('--record <file>', 'append the journals of the agents to a file, in lines of JSON')
    .addHelpText(
      'after',
      paragraphs(
        'SIGINT, SIGTERM or SIGHUP drains the agents and exits with 0; a second one stops them at once and exits with 1; a third exits at once, with 130, 143 or 129.',
        'Exits with 2, before anything starts, when the config or the command line is wrong, or when the data directory is in use, damaged, or cannot be written.',
        'Exits with 1, at once, when the data directory cannot be written any more: what was answered is kept.',
      ),
    )
    .action(async (config: string, options: Omit<RunOptions, 'token'>) => {
      const { run } = await import('./run.js');
      await endProcess(await run(config, { ...options, token: bearerTokenIn(process.env) }));
    });
}
