import type { Command } from 'commander';
import { buffer } from 'node:stream/consumers';
import { escapeControls } from '../escape-controls.js';
import { paragraphs } from '../help-text.js';
import { integerIn, jsonValue, mediaType } from '../option-parsers.js';
import { answerEvents, type AnswerEvent } from './answer-events.js';
import type { HostClient } from './host-client.js';
import { HostClientError } from './host-client-error.js';
import { hostCommand, withHost, type HostOptions } from './host-command.js';
import { StandardOutput } from './standard-output.js';

interface RequestOptions extends HostOptions {
  readonly type?: string;
  readonly events?: boolean;
  readonly resume?: unknown;
  readonly timeout?: number;
}

export function addRequestCommand(program: Command): void {
  hostCommand(program, 'request', 'send an agent a request, and print its answer as it comes')
    .argument('<name>', 'the agent')
    .argument('[payload]', 'a text; - reads standard input, and so does none where that is no terminal')
    .option('--type <type>', 'the media type of the payload: application/json for its value', mediaType)
    .option('--events', 'print progress on standard error, and say why an answer ends')
    .option('--resume <json>', 'the token of a request that was handed over, to go on with it', jsonValue)
    .option('--timeout <ms>', 'milliseconds for the whole answer', integerIn(1, 2_147_483_647))
    .addHelpText(
      'after',
      paragraphs(
        'A text is printed as it is, and so are bytes; with --events and --json they are in base64. With --json each chunk and each progress is a line of JSON.',
      ),
    )
    .action(async (name: string, payload: string | undefined, options: RequestOptions) => {
      const body = await bodyOf(payload);
      // Its errors are lines of JSON, too.
      await withHost({ url: options.url }, (client) => request(client, name, body, options));
    });
}

async function bodyOf(payload: string | undefined): Promise<string | Uint8Array> {
  if (payload !== undefined && payload !== '-') return payload;
  return payload === undefined && process.stdin.isTTY ? '' : buffer(process.stdin);
}

async function request(
  client: HostClient,
  name: string,
  body: string | Uint8Array,
  options: RequestOptions,
): Promise<void> {
  const { json = false, events = json, timeout, type, resume } = options;
  const output = new StandardOutput();
  const late = timeout === undefined ? null : AbortSignal.timeout(timeout);
  const signal = late === null ? output.closed : AbortSignal.any([output.closed, late]);
  try {
    const answer = await client.request(name, { body, type, resume, events, signal });
    for await (const piece of events ? printed(answerEvents(answer), json) : answer)
      await output.write(piece);
    output.endLine();
  } catch (caught) {
    if (output.hasReaderLeft) return;
    output.closed.throwIfAborted();
    const isLate = timeout !== undefined && late?.aborted === true;
    const error = isLate ? new HostClientError({ code: 'TooLate', timeout }) : caught;
    if (json && error instanceof HostClientError) await output.write(`${JSON.stringify(error.result)}\n`);
    else output.endLine();
    throw error;
  }
}

/** What is printed of an answer in events. */
async function* printed(events: AsyncIterable<AnswerEvent>, json: boolean): AsyncGenerator<string> {
  for await (const event of events) {
    if (json) yield `${JSON.stringify(event)}\n`;
    else if ('progress' in event) process.stderr.write(`${escapeControls(JSON.stringify(event.progress))}\n`);
    else yield typeof event.chunk === 'string' ? event.chunk : `${JSON.stringify(event.chunk)}\n`;
  }
}
