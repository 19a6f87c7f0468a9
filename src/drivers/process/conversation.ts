import * as z from 'zod';
import type { ChildGroup } from './child-group.js';
import { readLines } from './read-lines.js';
import { ProcessDriverError } from './process-driver-error.js';

/** What a child is asked for. A payload is JSON text already. */
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

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_SHOWN_CHARACTERS = 200;

/** Questions and answers, a JSON object a line, over the stdin and stdout of a child. Answers come in any order. */
export class Conversation {
  readonly #child: ChildGroup;
  readonly #maxLine: number;
  readonly #onNonsense: (error: ProcessDriverError) => void;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  /** Why there is no more talking. */
  #over: { readonly reason: unknown } | null = null;

  /** @param onNonsense is told once, when the child says what is no answer; nothing more is heard of it then */
  constructor(child: ChildGroup, maxLine: number, onNonsense: (error: ProcessDriverError) => void) {
    this.#child = child;
    this.#maxLine = maxLine;
    this.#onNonsense = onNonsense;
    readLines(child.stdout, maxLine, {
      onLine: (line) => {
        this.#hear(line);
      },
      onNonsense: (detail) => {
        this.#refuse(detail);
      },
    });
  }

  /**
   * Asks the child. A request that nobody waits for any more, because `signal` is aborted, is cancelled; what the
   * child still answers is ignored.
   *
   * @throws {ProcessDriverError} `AnsweredError`, `InputTooLarge`; the reason of `signal`; the one of `end`
   */
  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#over !== null) throw this.#over.reason;
    const id = ++this.#lastId;
    this.#tell(lineOf(id, question));
    const onAbort = () => {
      this.#asked.get(id)?.reject(signal.reason);
      if (question.do === 'request') this.#tell(JSON.stringify({ do: 'cancel', id }));
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

  /** Ends the conversation: all that is asked has this reason for an answer. */
  end(reason: unknown): void {
    this.#over ??= { reason };
    for (const { reject } of this.#asked.values()) reject(reason);
  }

  #tell(line: string): void {
    const length = Buffer.byteLength(line);
    if (length > this.#maxLine) {
      throw new ProcessDriverError('InputTooLarge', `${length} bytes, ${this.#maxLine} are allowed`);
    }
    this.#child.write(`${line}\n`);
  }

  #hear(line: string): void {
    if (this.#over !== null) return;
    const answer = answerIn(line);
    if (answer === null) this.#refuse(`${shown(line)} is no answer`);
    else if (answer.id < 1 || answer.id > this.#lastId) this.#refuse(`${answer.id} was never asked`);
    else this.#settle(answer);
  }

  #settle(answer: Answer): void {
    // One that is missing here was cancelled, or answered before.
    const asked = this.#asked.get(answer.id);
    if (answer.ok) {
      asked?.resolve(answer.value);
    } else {
      const { message } = answer.error;
      asked?.reject(new ProcessDriverError('AnsweredError', message, { cause: answer.error }));
    }
  }

  #refuse(detail: string): void {
    const error = new ProcessDriverError('Nonsense', detail);
    this.end(error);
    this.#onNonsense(error);
  }
}

function lineOf(id: number, question: Question): string {
  if (question.do !== 'request') return JSON.stringify({ id, ...question });
  return `{"id":${id},"do":"request","payload":${question.payload}}`;
}

function answerIn(line: string): Answer | null {
  try {
    return answerSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** What a child said, cut to a readable length. */
function shown(line: string): string {
  return JSON.stringify(line.slice(0, MAX_SHOWN_CHARACTERS));
}
