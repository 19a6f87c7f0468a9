import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { errorResultSchema } from '../../wire/agent-view.js';
import { HostClientError } from './host-client-error.js';

/** What comes of an answer: a chunk, or a sign of life before the next one. */
export type AnswerEvent = { readonly chunk: unknown } | { readonly progress: unknown };

/**
 * Reads an answer in server-sent events, up to its end.
 *
 * @throws {HostClientError} `AnswerFailed`, also for one that was handed over; `AnswerCut` where there is no end
 */
export async function* answerEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const decoder = new TextDecoder();
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const { event = 'chunk', data } of messages.splice(0)) {
      if (event === 'end') return;
      if (event === 'chunk') yield { chunk: jsonIn(data) };
      else if (event === 'progress') yield { progress: jsonIn(data) };
      else if (event === 'handedOver') throw failed({ ...HANDED_OVER, ...(jsonIn(data) as object) });
      else if (event === 'error') throw failed(jsonIn(data));
    }
  }
  throw cut('the host has not said how it ends');
}

const HANDED_OVER = { code: 'HandedOver', message: 'The agent handed the request over' };

function failed(error: unknown): HostClientError {
  const { success, data } = errorResultSchema.safeParse({ error });
  return success
    ? new HostClientError({ code: 'AnswerFailed', result: data })
    : cut('what failed is not told');
}

function jsonIn(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw cut('an event is no JSON', { cause });
  }
}

function cut(reason: string, options?: ErrorOptions): HostClientError {
  return new HostClientError({ code: 'AnswerCut', reason }, options);
}
