import type { RequestCall } from '../../host/requests/request-call.js';
import { RequestError } from '../../host/requests/request-error.js';
import type { JsonValue } from '../../values/json-value.js';
import { IncomingChunks } from '../incoming-chunks.js';
import type { ChildMessage } from './child-message.js';
import { answeredError, type OpenQuestion } from './open-question.js';

/** Bytes of chunks that a request may have which nobody has read; one chunk of any size may be there. */
const MAX_UNREAD = 1024 * 1024;
/** The same of all requests of an agent. */
const MAX_UNREAD_OF_AGENT = 16 * 1024 * 1024;

/** The chunks of an agent that nobody has read. */
export interface UnreadChunks {
  /** Their bytes. */
  total: number;
  /** The requests whose streams go on. */
  readonly streams: Set<OpenRequest>;
}

export interface OpenRequestOptions {
  readonly call: RequestCall;
  /** The name of the agent. */
  readonly agent: string;
  readonly unread: UnreadChunks;
  /** Called when nobody waits for the child's answer any more. */
  readonly onCancel: () => void;
  /** Called once, at the end: whatever the child says of it later is ignored. */
  readonly onClose: () => void;
}

interface Chunk {
  readonly value: unknown;
  /** Of its line. */
  readonly bytes: number;
}

/** A request that a child answers. Chunks wait here for their reader, since nothing keeps the child from saying more. */
export class OpenRequest implements OpenQuestion {
  /** A value, or a stream once its first chunk has come. */
  readonly answer: Promise<unknown>;
  readonly #options: OpenRequestOptions;
  #resolve: (answer: unknown) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #chunks: IncomingChunks<Chunk> | null = null;
  #unread = 0;

  constructor(options: OpenRequestOptions) {
    this.#options = options;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.call.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onMessage(message: ChildMessage, bytes: number): true {
    if ('chunk' in message) this.#onChunk({ value: message.chunk, bytes });
    else if ('progress' in message) this.#options.call.progress(message.progress);
    else if (!message.ok) this.fail(answeredError(message.error));
    else if ('handOver' in message) this.#handOver(message.handOver as JsonValue);
    else this.#end(message.value);
    return true;
  }

  /** Ends the request with an error, after the chunks that have come. */
  fail(error: unknown): void {
    this.#close();
    if (this.#chunks === null) this.#reject(error);
    else this.#chunks.fail(error);
  }

  /** JSON may be nested deeper than a token may. */
  #handOver(token: JsonValue): void {
    try {
      this.#end(this.#options.call.handOver(token));
    } catch (error) {
      this.fail(error);
    }
  }

  #end(value: unknown): void {
    this.#close();
    if (this.#chunks === null) this.#resolve(value);
    else this.#chunks.end(value);
  }

  #onChunk(chunk: Chunk): void {
    const chunks = (this.#chunks ??= this.#openStream());
    this.#count(chunk.bytes);
    chunks.push([chunk]);
    if (chunks.unread > 1 && this.#unread > MAX_UNREAD) this.#cutReader();
    const { total, streams } = this.#options.unread;
    if (total <= MAX_UNREAD_OF_AGENT || total === chunk.bytes) return;
    // Its reader is furthest behind: one that keeps up pays for no other.
    const [slowest = this] = [...streams].sort((one, other) => other.#unread - one.#unread);
    slowest.#cutReader();
  }

  #cutReader(): void {
    this.#cut(new RequestError('ReaderTooSlow', this.#options.agent));
  }

  #openStream(): IncomingChunks<Chunk> {
    const chunks = new IncomingChunks<Chunk>({
      onRead: ({ value, bytes }) => {
        this.#count(-bytes);
        return value;
      },
      onDropped: () => {
        this.#count(-this.#unread);
      },
      onLeave: () => {
        this.#options.onCancel();
        this.#end(undefined);
      },
    });
    this.#options.unread.streams.add(this);
    this.#resolve(chunks);
    return chunks;
  }

  readonly #onAbort = (): void => {
    this.#cut(this.#options.call.signal.reason as Error);
  };

  /** Ends the request at once. The child is told, and need not answer. */
  #cut(reason: Error): void {
    this.#options.onCancel();
    this.#chunks?.cut(reason);
    this.fail(reason);
  }

  #close(): void {
    this.#options.call.signal.removeEventListener('abort', this.#onAbort);
    this.#options.unread.streams.delete(this);
    this.#options.onClose();
  }

  #count(bytes: number): void {
    this.#unread += bytes;
    this.#options.unread.total += bytes;
  }
}
