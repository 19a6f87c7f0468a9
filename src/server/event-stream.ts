import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Subscription } from 'xstate';

/** Events that a slow reader may lag behind by, before its stream is ended: it may connect anew. */
const MAX_UNSENT = 1_000;
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
 * @param subscribe is given what sends an event, and ends with the stream
 * @param initial events that come before, however many they are
 */
export function eventStream(
  c: Context,
  closing: AbortSignal,
  greeting: string,
  subscribe: (send: (event: StreamedEvent) => void) => Subscription,
  initial: readonly StreamedEvent[] = [],
) {
  // A HEAD request has no reader whose leaving would end a stream.
  if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
  return streamSSE(c, async (stream) => {
    const { promise: ended, end } = latch();
    let unsent = 0;
    const send = (write: () => Promise<unknown>) => {
      if (++unsent > MAX_UNSENT) end();
      else void write().finally(() => unsent--);
    };
    const comment = (text: string) => {
      send(() => stream.write(`: ${text}\n\n`));
    };
    const write = ({ event, data, id }: StreamedEvent) =>
      stream.writeSSE({ event, data: JSON.stringify(data), ...(id !== undefined && { id }) });
    // Writes keep their order, and begin at once: what is told as the server closes still goes out.
    void stream.write(`: ${greeting}\n\n`);
    for (const event of initial) void write(event);
    const subscription = subscribe((event) => {
      send(() => write(event));
    });
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
