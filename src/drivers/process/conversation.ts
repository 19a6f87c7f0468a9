import type { RequestCall } from '../../host/requests/request-call.js';
import type { ChildGroup } from '../child/child-group.js';
import type { Noise } from '../child/output.js';
import { readLines } from '../child/read-lines.js';
import { childMessageIn, shownLine, type ChildMessage } from './child-message.js';
import { OpenOperation } from './open-operation.js';
import type { OpenQuestion } from './open-question.js';
import { OpenRequest, type UnreadChunks } from './open-request.js';
import { ProcessDriverError } from './process-driver-error.js';

/** A question to a child that has one answer. */
export type Question = { readonly do: 'start' } | { readonly do: 'stop'; readonly forced: boolean };

export interface ConversationOptions {
  /** The name of the agent. */
  readonly agent: string;
  /** Bytes of a line. */
  readonly maxLine: number;
  readonly noise: Noise;
  /** Called once, when the child breaks the protocol; later lines are ignored. */
  readonly onProtocolError: (error: ProcessDriverError) => void;
}

/**
 * Questions and answers, a JSON object a line, over the stdin and stdout of a child. Answers come in any order. What
 * is no JSON object with an `ok` or a numeric `id` does not claim to be one: it is noise.
 */
export class Conversation {
  readonly #child: ChildGroup;
  readonly #options: ConversationOptions;
  /** By their ids. One that was cancelled or answered is missing. */
  readonly #open = new Map<number, OpenQuestion>();
  readonly #unread: UnreadChunks = { total: 0, streams: new Set() };
  #lastId = 0;
  #isDraining = false;
  /** Why the conversation has ended; null while it goes on. */
  #over: { readonly reason: unknown } | null = null;

  constructor(child: ChildGroup, options: ConversationOptions) {
    this.#child = child;
    this.#options = options;
    readLines(child.stdout, options.maxLine, {
      onLine: (line) => {
        this.#onLine(line);
      },
      onTooLong: (detail) => {
        this.#failProtocol(detail);
      },
    });
  }

  /**
   * Asks the child. When `signal` is aborted, the line is withdrawn if it is not yet written; a late answer is ignored.
   *
   * @throws {ProcessDriverError} `AnsweredError`, `InputTooLarge`
   * @throws {ChildGroupError} `StdinFull`; and the reason of `signal`, and the one of `end`
   */
  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    const id = this.#send((next) => JSON.stringify({ id: next, ...question }), signal);
    const open = new OpenOperation(signal, () => {
      this.#child.input.withdraw(id);
      this.#open.delete(id);
    });
    this.#open.set(id, open);
    return open.answer;
  }

  /**
   * Sends a request: resolves to its value, or to its stream once the first chunk has come. One that is aborted, and was
   * written, is cancelled.
   *
   * @param fields of the line, which are JSON already
   * @throws as `ask` does
   */
  async request(fields: string, call: RequestCall): Promise<unknown> {
    const id = this.#send((next) => `{"id":${next},"do":"request",${fields}}`, call.signal);
    const onDraining = () => {
      this.#beginDrain();
    };
    const open = new OpenRequest({
      call,
      agent: this.#options.agent,
      unread: this.#unread,
      onCancel: () => {
        if (!this.#child.input.withdraw(id)) this.#say({ do: 'cancel', id });
      },
      onClose: () => {
        this.#open.delete(id);
        call.draining.removeEventListener('abort', onDraining);
      },
    });
    this.#open.set(id, open);
    if (call.draining.aborted) onDraining();
    else call.draining.addEventListener('abort', onDraining, { once: true });
    return open.answer;
  }

  /** Ends the conversation. All open questions are rejected with this reason. */
  end(reason: unknown): void {
    this.#over ??= { reason };
    for (const open of [...this.#open.values()]) open.fail(reason);
  }

  /** The id of a question, whose line is on its way then. */
  #send(lineOf: (id: number) => string, signal: AbortSignal): number {
    signal.throwIfAborted();
    if (this.#over !== null) throw this.#over.reason;
    const id = ++this.#lastId;
    const line = lineOf(id);
    const { maxLine } = this.#options;
    const length = Buffer.byteLength(line);
    if (length > maxLine) {
      throw new ProcessDriverError('InputTooLarge', `${length} bytes, ${maxLine} are allowed`);
    }
    this.#child.input.send(id, `${line}\n`);
    return id;
  }

  /** Tells the child, once, that the agent lets its requests go. */
  #beginDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#say({ do: 'drain' });
  }

  #say(message: object): void {
    this.#child.input.notify(`${JSON.stringify(message)}\n`);
  }

  #onLine(line: Buffer): void {
    if (this.#over !== null) return;
    const message = childMessageIn(line);
    if (message === 'noise') this.#options.noise.skip(line);
    else if (message === 'malformed') this.#failProtocol(`${shownLine(line)} is no answer`);
    else if (!this.#wasAsked(message)) this.#failProtocol(`${message.id} was never asked`);
    else if (this.#open.get(message.id)?.onMessage(message, line.length) === false) {
      this.#failProtocol(`${shownLine(line)} is no answer`);
    }
  }

  #wasAsked({ id }: ChildMessage): boolean {
    return id >= 1 && id <= this.#lastId && !this.#child.input.isWaiting(id);
  }

  #failProtocol(detail: string): void {
    const error = new ProcessDriverError('Nonsense', detail);
    this.end(error);
    this.#options.onProtocolError(error);
  }
}
