import * as z from 'zod';
import type { ChildGroup } from '../child/child-group.js';
import type { Noise } from '../child/output.js';
import { ProcessDriverError } from './process-driver-error.js';
import { readLines } from '../child/read-lines.js';
import { textIn } from '../../util/utf8-text.js';

/** A question to a child. A payload is JSON text already. */
export type Question =
  | { readonly do: 'start' }
  | { readonly do: 'request'; readonly payload: string }
  | { readonly do: 'stop'; readonly forced: boolean };

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ id: z.int(), ok: z.literal(true), value: z.unknown().optional() }),
  z.strictObject({
    id: z.int(),
    ok: z.literal(false),
    error: z.strictObject({ message: z.string(), code: z.string().optional() }),
  }),
]);

type Answer = z.output<typeof answerSchema>;

interface PendingQuestion {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_SHOWN = 200;
const BYTE_ORDER_MARK = /^\uFEFF/;
/** How a line begins that was to be an answer, though it is no JSON. */
const ANSWER_BEGINS = /^\s*\{\s*"(?:id|ok)"\s*:/;

/**
 * Questions and answers, a JSON object a line, over the stdin and stdout of a child. Answers come in any order. What
 * is no JSON object with an `ok` or a numeric `id` does not claim to be one: it is noise.
 */
export class Conversation {
  readonly #child: ChildGroup;
  readonly #maxLine: number;
  readonly #noise: Noise;
  readonly #onProtocolError: (error: ProcessDriverError) => void;
  readonly #asked = new Map<number, PendingQuestion>();
  #lastId = 0;
  /** Why the conversation has ended; null while it goes on. */
  #over: { readonly reason: unknown } | null = null;

  /** @param onProtocolError called once, when the child breaks the protocol; later lines are ignored */
  constructor(
    child: ChildGroup,
    maxLine: number,
    noise: Noise,
    onProtocolError: (error: ProcessDriverError) => void,
  ) {
    this.#child = child;
    this.#maxLine = maxLine;
    this.#noise = noise;
    this.#onProtocolError = onProtocolError;
    readLines(child.stdout, maxLine, {
      onLine: (line) => {
        this.#onLine(line);
      },
      onTooLong: (detail) => {
        this.#failProtocol(detail);
      },
    });
  }

  /**
   * Asks the child. When `signal` is aborted, a request is withdrawn if it is not yet written, and cancelled otherwise;
   * a late answer is ignored.
   *
   * @throws {ProcessDriverError} `AnsweredError`, `InputTooLarge`
   * @throws {ChildGroupError} `StdinFull`; and the reason of `signal`, and the one of `end`
   */
  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#over !== null) throw this.#over.reason;
    const id = ++this.#lastId;
    const isRequest = question.do === 'request';
    this.#child.input.send(id, this.#lineOf(id, question));
    const onAbort = () => {
      this.#asked.get(id)?.reject(signal.reason);
      if (this.#child.input.withdraw(id) || !isRequest) return;
      this.#child.input.notify(`${JSON.stringify({ do: 'cancel', id })}\n`);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#asked.set(id, { resolve, reject });
      });
    } finally {
      this.#asked.delete(id);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the conversation. All open questions are rejected with this reason. */
  end(reason: unknown): void {
    this.#over ??= { reason };
    for (const { reject } of this.#asked.values()) reject(reason);
  }

  #lineOf(id: number, question: Question): string {
    const line = lineOf(id, question);
    const length = Buffer.byteLength(line);
    if (length <= this.#maxLine) return `${line}\n`;
    throw new ProcessDriverError('InputTooLarge', `${length} bytes, ${this.#maxLine} are allowed`);
  }

  #onLine(line: Buffer): void {
    if (this.#over !== null) return;
    const message = answerIn(line);
    if (message === 'noise') this.#noise.skip(line);
    else if (message === 'malformed') this.#failProtocol(`${shown(line)} is no answer`);
    else if (!this.#wasAsked(message.id)) this.#failProtocol(`${message.id} was never asked`);
    else this.#settle(message);
  }

  #wasAsked(id: number): boolean {
    return id >= 1 && id <= this.#lastId && !this.#child.input.isWaiting(id);
  }

  #settle(answer: Answer): void {
    // One that is missing here was cancelled, or answered before.
    const asked = this.#asked.get(answer.id);
    if (answer.ok) {
      asked?.resolve(answer.value);
    } else {
      const { message } = answer.error;
      const { code = 'it does not say why' } = answer.error;
      const detail = message === '' ? code : message;
      asked?.reject(new ProcessDriverError('AnsweredError', detail, { cause: answer.error }));
    }
  }

  #failProtocol(detail: string): void {
    const error = new ProcessDriverError('Nonsense', detail);
    this.end(error);
    this.#onProtocolError(error);
  }
}

function lineOf(id: number, question: Question): string {
  if (question.do !== 'request') return JSON.stringify({ id, ...question });
  return `{"id":${id},"do":"request","payload":${question.payload}}`;
}

/** The answer in a line; `malformed` where it is none that claims to be one. */
function answerIn(line: Buffer): Answer | 'malformed' | 'noise' {
  const text = textIn(line)?.replace(BYTE_ORDER_MARK, '');
  try {
    const value: unknown = JSON.parse(text ?? '');
    const parsed = answerSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    return claimsToBeAnswer(value) ? 'malformed' : 'noise';
  } catch {
    return ANSWER_BEGINS.test(text ?? line.toString('utf8', 0, MAX_SHOWN)) ? 'malformed' : 'noise';
  }
}

function claimsToBeAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'ok' in value || ('id' in value && typeof value.id === 'number');
}

/** What a child said, cut to a readable length. */
function shown(line: Buffer): string {
  return JSON.stringify(line.toString('utf8').slice(0, MAX_SHOWN));
}
