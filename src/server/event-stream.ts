import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Subscription } from 'xstate';

/** What a slow reader may lag behind by, in events and in characters, before its stream is ended: it may connect anew. */
const MAX_UNSENT = 1_000;
const MAX_UNSENT_CHARACTERS = 4 * 1024 * 1024;
/** Milliseconds between the comments that keep proxies from taking a quiet stream for a dead one. */
const HEARTBEAT = 15_000;

export interface StreamedEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/**
 * Streams events until the reader or the server goes.
 *
 * @param subscribe is given what sends an event, and whether the reader has not read all; it ends with the stream
 * @param initial events that come before, however many they are
 */
export function eventStream(
  c: Context,
  closing: AbortSignal,
  greeting: string,
  subscribe: (send: (event: StreamedEvent) => void, isBehind: () => boolean) => Subscription,
  initial: readonly StreamedEvent[] = [],
) {
  // A HEAD request has no reader whose leaving would end a stream.
  if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
  return streamSSE(c, async (stream) => {
    const { promise: ended, end } = latch();
    const unsent = { events: 0, characters: 0 };
    const send = (characters: number, write: () => Promise<unknown>) => {
      unsent.events++;
      unsent.characters += characters;
      if (unsent.events > MAX_UNSENT || unsent.characters > MAX_UNSENT_CHARACTERS) end();
      else
        void write().finally(() => {
          unsent.events--;
          unsent.characters -= characters;
        });
    };
    const comment = (text: string) => {
      send(text.length, () => stream.write(`: ${text}\n\n`));
    };
    const write = (event: string, data: string, id: string | undefined) =>
      stream.writeSSE({ event, data, ...(id !== undefined && { id }) });
    // Writes keep their order, and begin at once: what is told as the server closes still goes out.
    void stream.write(`: ${greeting}\n\n`);
    for (const { event, data, id } of initial) void write(event, JSON.stringify(data), id);
    const subscription = subscribe(
      ({ event, data, id }) => {
        const text = JSON.stringify(data);
        send(text.length, () => write(event, text, id));
      },
      () => unsent.events > 0,
    );
    const heartbeat = setInterval(comment, HEARTBEAT, 'still here');
    stream.onAbort(end);
    closing.addEventListener('abort', end);
    try {
      if (closing.aborted) end();
      await ended;
    } finally {
      subscription.unsubscribe();
      clearInterval(heartbeat);
      closing.removeEventListener('abort', end);
    }
  });
}

function latch(): { readonly promise: Promise<void>; readonly end: () => void } {
  let end = () => undefined as unknown;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}
