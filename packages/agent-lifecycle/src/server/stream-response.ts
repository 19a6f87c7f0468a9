import type { Context } from 'hono';
import { RequestError } from 'xstate-agent-lifecycle';
import { answerText } from './answer-text.js';
import { asItComes, ResponseBody } from './response-body.js';
import type { AnsweringAgent } from './request-response.js';

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
export async function streamResponse(
  c: Context,
  { name: agent, timeout, readers }: AnsweringAgent,
  answer: ReadableStream<unknown>,
) {
  const reader = answer.getReader();
  const first = await reader.read();
  const form = first.done ? TEXT : formOf(first.value, agent);
  const encode = (chunk: unknown): Uint8Array => {
    const bytes = form.encode(chunk);
    if (bytes !== null) return bytes;
    const cause = new Error(`expected a chunk for ${form.type}, as the first one was`);
    throw new RequestError('AnswerNotJson', agent, { cause });
  };
  const leave = (reason: unknown): void => {
    // Nobody waits for what comes of it.
    reader.cancel(reason).catch(() => undefined);
  };
  // A chunk that cannot be sent ends the stream.
  const head = first.done ? null : orThrow(() => encode(first.value), leave);
  const body = new ResponseBody(c, { agent, timeout, readers, onLeft: leave });
  const send = async () => {
    if (head !== null) body.send(head);
    for (let step = first; !step.done;) {
      await body.hasRoom();
      step = await reader.read();
      if (!step.done) body.send(encode(step.value));
    }
    body.end();
  };
  send().catch((error: unknown) => {
    leave(error);
    body.fail(error);
  });
  return c.body(body.stream, 200, { 'content-type': form.type, ...asItComes(c) });
}

function orThrow<Value>(make: () => Value, onError: (error: unknown) => void): Value {
  try {
    return make();
  } catch (error) {
    onError(error);
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

/** A copy of the bytes of any buffer, or view of one; null for what is none. */
export function bytesIn(chunk: unknown): Uint8Array<ArrayBuffer> | null {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk.slice(0));
  if (!ArrayBuffer.isView(chunk)) return null;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength).slice();
}
