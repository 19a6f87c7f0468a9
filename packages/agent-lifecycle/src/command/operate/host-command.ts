import { Option, type Command } from 'commander';
import { bearerTokenIn } from '../option-parsers.js';
import { HostClient } from './host-client.js';
import { HostClientError } from './host-client-error.js';
import { httpUrl } from '../option-parsers.js';
import { showProgress } from './show-progress.js';
import { paragraphs } from '../help-text.js';

/** What every command has that talks to a running host. */
export interface HostOptions {
  readonly url: string;
  readonly json?: boolean;
}

export function hostCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(
      new Option('--url <url>', 'where the host is')
        .env('AGENT_LIFECYCLE_URL')
        .argParser(httpUrl)
        .default('http://127.0.0.1:4100'),
    )
    .option('--json', 'print what the host answers as JSON')
    .addHelpText(
      'after',
      paragraphs(
        'AGENT_LIFECYCLE_TOKEN has the bearer token, when the host requires one.',
        'Exits with 0 when it is done, 1 when the host refuses or the agent fails, 2 when the command line or the config is wrong, 3 when no host can be reached.',
      ),
    );
}

/**
 * Calls a host. With `--json`, errors are printed as JSON, too.
 *
 * @throws {HostClientError}
 */
export async function withHost(
  { url, json }: HostOptions,
  talk: (client: HostClient) => Promise<void>,
): Promise<void> {
  const client = new HostClient({ url, token: bearerTokenIn(process.env) });
  try {
    await talk(client);
  } catch (error) {
    if (json && error instanceof HostClientError) printJson(error.result);
    throw error;
  }
}

/** Shows people how a command goes that takes longer than a moment. */
export function withProgress<Result>(
  { json }: HostOptions,
  client: HostClient,
  agent: string,
  command: Promise<Result>,
): Promise<Result> {
  return json ? command : showProgress(command, () => client.agent(agent), process.stderr);
}

/** Prints an answer, to people as text. */
export function show<Result>(
  { json }: HostOptions,
  answer: Result,
  textOf: (answer: Result) => string,
): void {
  if (json) printJson(answer);
  else process.stdout.write(`${textOf(answer)}\n`);
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
