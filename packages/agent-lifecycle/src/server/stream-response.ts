import type { Context } from 'hono';
import { RequestError } from 'xstate-agent-lifecycle';
import { answerText } from './answer-text.js';

const encoder = new TextEncoder();

/** How the chunks of a stream are sent; the first one decides. */
interface ChunkForm {
  readonly type: string;
  /** Null for a chunk that does not fit. */
  readonly encode: (chunk: unknown) => Uint8Array | null;
}

const TEXT: ChunkForm = {
  type: 'text/plain; charset=utf-8',
  encode: (chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : null),
};
const BYTES: ChunkForm = { type: 'application/octet-stream', encode: bytesIn };

/**
 * Sends a stream as it comes: texts and bytes as they are, anything else as a line of JSON. The status goes with the
 * first chunk: what fails before is an error. What fails later cuts the connection, so that it is no clean end.
 *
 * @throws {RequestError} and whatever the stream fails with before its first chunk
 */
export async function streamResponse(c: Context, agent: string, answer: ReadableStream<unknown>) {
  const reader = answer.getReader();
  const first = await reader.read();
  const form = first.done ? TEXT : formOf(first.value, agent);
  const encode = (chunk: unknown): Uint8Array => {
    const bytes = form.encode(chunk);
    if (bytes !== null) return bytes;
    const cause = new Error(`expected a chunk for ${form.type}, as the first one was`);
    throw new RequestError('AnswerNotJson', agent, { cause });
  };
  let head = first.done ? null : encode(first.value);
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (head !== null) {
          controller.enqueue(head);
          head = null;
          return;
        }
        const { done, value } = first.done ? first : await reader.read();
        if (done) controller.close();
        else controller.enqueue(await orCancel(reader, () => encode(value)));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, { 'content-type': form.type });
}

/** A chunk that cannot be sent ends the stream. */
async function orCancel<Value>(
  reader: ReadableStreamDefaultReader<unknown>,
  encode: () => Value,
): Promise<Value> {
  try {
    return encode();
  } catch (error) {
    await reader.cancel(error);
    throw error;
  }
}

function formOf(chunk: unknown, agent: string): ChunkForm {
  if (typeof chunk === 'string') return TEXT;
  if (bytesIn(chunk) !== null) return BYTES;
  return {
    type: 'application/x-ndjson',
    encode: (each) => encoder.encode(`${answerText(agent, each ?? null)}\n`),
  };
}

/** The bytes of any buffer, or view of one; null for what is none. */
export function bytesIn(chunk: unknown): Uint8Array | null {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (!ArrayBuffer.isView(chunk)) return null;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength).slice();
}
