import { Option, type Command } from 'commander';
import { bearerTokenIn } from '../bearer-token.js';
import { HostClient } from '../host-client.js';
import { HostClientError } from '../host-client-error.js';
import { httpUrl } from '../option-parsers.js';
import { showProgress } from '../show-progress.js';

/** What every command has that talks to a running host. */
export interface HostOptions {
  readonly url: string;
  readonly json: boolean;
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
    .option('--json', 'print what the host answers as JSON', false)
    .addHelpText(
      'after',
      '\nThe bearer token, where the host demands one, is that of AGENT_LIFECYCLE_TOKEN.' +
        '\nExits with 0 when it is done, 1 when the host refuses or the agent fails, 2 when the command line or the' +
        '\nconfig is wrong, 3 when no host can be reached.',
    );
}

/**
 * Talks to a host. Programs that asked for JSON are told as JSON of what went wrong, too.
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
    if (json && error instanceof HostClientError) printJson(error.answer);
    throw error;
  }
}

/** Shows people how a command goes that takes longer than a moment. */
export function withProgress<Answer>(
  { json }: HostOptions,
  client: HostClient,
  agent: string,
  command: Promise<Answer>,
): Promise<Answer> {
  return json ? command : showProgress(command, () => client.agent(agent), process.stderr);
}

/** Prints an answer, to people as text. */
export function show<Answer>(
  { json }: HostOptions,
  answer: Answer,
  textOf: (answer: Answer) => string,
): void {
  if (json) printJson(answer);
  else process.stdout.write(`${textOf(answer)}\n`);
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
