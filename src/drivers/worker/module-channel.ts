import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import * as z from 'zod';
import type { RequestCall } from '../../host/requests/request-call.js';
import type { JsonValue } from '../../values/json-value.js';
import { describeThrown } from '../../util/describe-thrown.js';
import { isOutOfTime } from '../out-of-time.js';
import { ModuleStream } from './module-stream.js';
import { sizeOfClone } from './structured-clone.js';
import { readThrown, type ThrownError } from './thrown-error.js';
import { WorkerDriverError } from './worker-driver-error.js';

export interface CallMessage {
  readonly type: 'call';
  readonly id: number;
  readonly fn: 'import' | 'start' | 'handle' | 'stop';
  readonly argument: unknown;
}

/** What `handle` is called with, beside its signals and what it reports. */
export interface HandleArgument extends Pick<RequestCall, 'generation' | 'resume'> {
  readonly payload: unknown;
}

/** A message to the worker; `module-worker.js` has the other end. */
export type Message =
  | CallMessage
  | { readonly type: 'cancel'; readonly id: number }
  /** How many chunks of a stream were read, from the first one on. */
  | { readonly type: 'read'; readonly id: number; readonly upTo: number }
  /** The agent begins to let its requests go. */
  | { readonly type: 'drain' }
  /** `lists` asks for the calls that are open. */
  | { readonly type: 'ping'; readonly lists: boolean };

/** What the worker says. A module may get at its channel all the same: nothing is believed. */
const thrownSchema: z.ZodType<ThrownError> = z.object({
  name: z.string(),
  message: z.string(),
  code: z.string().nullable(),
  stack: z.string().nullable(),
  get cause() {
    return thrownSchema.nullable();
  },
  get errors() {
    return z.array(thrownSchema).nullable();
  },
});
/** `sent` is how many chunks of the call came before: what it ends with counts only where all of them have arrived. */
const ofCall = { id: z.number(), sent: z.number() };
const reportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chunks'), ...ofCall, chunks: z.array(z.unknown()) }),
  z.object({ type: z.literal('progress'), id: z.number(), value: z.unknown() }),
  z.object({ type: z.literal('answer'), ...ofCall, value: z.unknown() }),
  z.object({ type: z.literal('handedOver'), ...ofCall, token: z.unknown() }),
  z.object({ type: z.literal('thrown'), ...ofCall, error: thrownSchema }),
  z.object({ type: z.literal('pong'), open: z.array(z.object(ofCall)).nullable() }),
  /** A message has come that could not be read. */
  z.object({ type: z.literal('unreadable') }),
]);

export type Report = z.output<typeof reportSchema>;

type ReportOf<Type extends Report['type']> = Extract<Report, { readonly type: Type }>;

/** How a call ends. */
type End = ReportOf<'answer' | 'handedOver' | 'thrown'>;

/** Bytes that the worker may have before it, and has not taken. What is there can be taken back by nobody. */
const WINDOW = 1024 * 1024;
/** Bytes that may wait for a place in the window. */
const MAX_WAITING = 16 * 1024 * 1024;
/** Bytes that a message takes beside its argument. */
const OVERHEAD = 128;

/** A call that has not ended yet. */
interface OpenCall {
  readonly message: CallMessage;
  readonly size: number;
  readonly signal: AbortSignal;
  /** Null for an operation. */
  readonly request: RequestCall | null;
  readonly onAbort: () => void;
  readonly onDraining: () => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Bytes that had been sent when this call had; null while it waits. */
  sentUpTo: number | null;
  /** Its answer, where that is a stream whose first chunk has come. */
  stream: ModuleStream | null;
}

interface Ping {
  readonly onPong: () => void;
  readonly lastId: number;
  readonly sentUpTo: number;
  /** Why it asks for the calls that are open: one of the others was lost. */
  readonly lost: WorkerDriverError | null;
}

export interface ChannelListener {
  /** Called when the other end is closed; the end of the worker is one reason for that. */
  readonly onClose: () => void;
  /** Called when a request runs out of time. */
  readonly onOutOfTime: () => void;
}

/**
 * The calls of a module, over a channel that is the driver's alone. What a worker does not take, since it is busy,
 * waits on this side, and goes when its call is given up.
 */
export class ModuleChannel {
  readonly #port: MessagePort;
  readonly #listener: ChannelListener;
  readonly #calls = new Map<number, OpenCall>();
  /** Those of the calls that are not sent yet, in order. */
  readonly #waiting = new Map<number, OpenCall>();
  readonly #pings: Ping[] = [];
  #lastId = 0;
  #lastSentId = 0;
  #waitingBytes = 0;
  #sent = 0;
  #taken = 0;
  #isDraining = false;

  constructor(port: MessagePort, listener: ChannelListener) {
    this.#port = port;
    this.#listener = listener;
    port.on('message', (report: unknown) => {
      this.#onReport(report);
    });
    port.on('messageerror', (error) => {
      this.#findLost(new WorkerDriverError('AnswerUnreadable', describeThrown(error), { cause: error }));
    });
    port.on('close', listener.onClose);
  }

  /** Whether an operation of the agent waits for an answer. */
  get isOperating(): boolean {
    return [...this.#calls.values()].some(({ message }) => message.fn !== 'handle');
  }

  /**
   * Calls the module, or has it imported: resolves to its answer, which is a stream once its first chunk has come. When
   * `signal` is aborted the module is told, and may still answer; a call that it has not been sent yet, or that is a
   * request out of time, ends with the reason.
   *
   * @param request that the call answers; null for an operation
   * @throws {WorkerDriverError} `PayloadInvalid`, `TooMuchWaiting`
   */
  call(
    fn: CallMessage['fn'],
    argument: unknown,
    signal: AbortSignal,
    request: RequestCall | null,
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const size = OVERHEAD + cloning(() => sizeOfClone(argument));
    const mustWait = this.#waiting.size > 0 || !this.#hasRoomFor(size);
    if (mustWait) this.#assertMayWait(size);
    // What waits is as it was when it was asked.
    const given = mustWait ? cloning(() => structuredClone(argument)) : argument;
    const message = { type: 'call', id, fn, argument: given } as const;
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = () => {
        this.#onAbort(call);
      };
      const call: OpenCall = {
        message,
        size,
        signal,
        request,
        onAbort,
        onDraining: () => {
          this.#beginDrain();
        },
        resolve,
        reject,
        sentUpTo: null,
        stream: null,
      };
      if (mustWait) this.#wait(call);
      else this.#send(call);
      this.#calls.set(id, call);
      signal.addEventListener('abort', onAbort, { once: true });
      if (request !== null && !this.#isDraining) this.#drainWith(request.draining, call.onDraining);
    });
  }

  /** Pings the worker. */
  ping(onPong: () => void): void {
    this.#ping(null, onPong);
  }

  /** Receives what the worker has sent before it ended. */
  drain(): void {
    for (let last = receiveMessageOnPort(this.#port); last; last = receiveMessageOnPort(this.#port)) {
      this.#onReport(last.message);
    }
  }

  /** Ends all calls with this reason. */
  end(reason: unknown): void {
    for (const call of [...this.#calls.values()]) this.#drop(call, reason);
    this.#port.close();
  }

  #hasRoomFor(size: number): boolean {
    const ahead = this.#sent - this.#taken;
    return ahead === 0 || ahead + size <= WINDOW;
  }

  #assertMayWait(size: number): void {
    if (this.#waiting.size === 0 || this.#waitingBytes + size <= MAX_WAITING) return;
    throw new WorkerDriverError('TooMuchWaiting', `${this.#waitingBytes} bytes, and ${MAX_WAITING} may wait`);
  }

  #wait(call: OpenCall): void {
    this.#waiting.set(call.message.id, call);
    this.#waitingBytes += call.size;
    this.#askForRoom();
  }

  /** Answers show what the worker has taken. Where none comes it is asked. */
  #askForRoom(): void {
    if ((this.#pings.at(-1)?.sentUpTo ?? this.#taken) < this.#sent) this.#ping(null);
  }

  #send(call: OpenCall): void {
    cloning(() => {
      this.#port.postMessage(call.message);
    });
    this.#sent += call.size;
    call.sentUpTo = this.#sent;
    this.#lastSentId = call.message.id;
  }

  #sendWaiting(): void {
    for (const [id, call] of this.#waiting) {
      if (!this.#hasRoomFor(call.size)) {
        this.#askForRoom();
        return;
      }
      this.#waiting.delete(id);
      this.#waitingBytes -= call.size;
      try {
        this.#send(call);
      } catch (error) {
        this.#drop(call, error);
      }
    }
  }

  #ping(lost: WorkerDriverError | null, onPong = () => undefined as unknown): void {
    this.#pings.push({ lastId: this.#lastSentId, sentUpTo: this.#sent, lost, onPong });
    this.#notify({ type: 'ping', lists: lost !== null });
  }

  #notify(message: Message): void {
    this.#port.postMessage(message);
  }

  #onAbort(call: OpenCall): void {
    const reason = call.signal.reason as Error;
    const isLate = call.request !== null && isOutOfTime(reason);
    const isSent = call.sentUpTo !== null;
    if (isSent) this.#notify({ type: 'cancel', id: call.message.id });
    // A stream has ended when its generator has, whoever reads it.
    if (call.stream !== null) call.stream.chunks.cut(reason);
    else if (isLate || !isSent) this.#drop(call, reason);
    if (isLate) this.#listener.onOutOfTime();
  }

  #drainWith(draining: AbortSignal, onDraining: () => void): void {
    if (draining.aborted) onDraining();
    else draining.addEventListener('abort', onDraining, { once: true });
  }

  /** Tells the module, once, that the agent lets its requests go. */
  #beginDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#notify({ type: 'drain' });
  }

  #onReport(message: unknown): void {
    const { success, data: report } = reportSchema.safeParse(message);
    if (!success) return;
    switch (report.type) {
      case 'chunks':
        this.#onChunks(report);
        break;
      case 'progress':
        this.#onProgress(report);
        break;
      case 'answer':
      case 'handedOver':
      case 'thrown':
        this.#onEnd(report);
        break;
      case 'pong':
        this.#onPong(report.open);
        break;
      case 'unreadable':
        this.#findLost(new WorkerDriverError('PayloadInvalid', 'the worker could not read it'));
        break;
    }
  }

  #onChunks({ id, sent, chunks }: ReportOf<'chunks'>): void {
    const call = this.#callThatSaid(id);
    if (call?.request == null) return;
    call.stream ??= this.#openStream(call);
    if (call.stream.received !== sent) this.#abandon(call, LOST);
    else if (!call.stream.receive(chunks)) this.#abandon(call, 'more chunks than it may be ahead');
  }

  #openStream(call: OpenCall): ModuleStream {
    const { id } = call.message;
    const stream = new ModuleStream({
      onRead: (upTo) => {
        if (this.#calls.has(id)) this.#notify({ type: 'read', id, upTo });
      },
      onLeave: () => {
        this.#notify({ type: 'cancel', id });
      },
    });
    if (call.signal.aborted) stream.chunks.cut(call.signal.reason as Error);
    call.resolve(stream.chunks);
    return stream;
  }

  #onProgress({ id, value }: ReportOf<'progress'>): void {
    const call = this.#callThatSaid(id);
    if (call !== null && !call.signal.aborted) call.request?.progress(value);
  }

  #onEnd(end: End): void {
    const call = this.#callThatSaid(end.id);
    if (call === null) return;
    if ((call.stream?.received ?? 0) !== end.sent) {
      this.#abandon(call, LOST);
      return;
    }
    this.#close(call);
    try {
      const value = valueOf(end, call.request);
      if (call.stream === null) call.resolve(value);
      else call.stream.chunks.end(value);
    } catch (error) {
      fail(call, error);
    }
  }

  /** The call that a report is about; null for one that was given up, or never made. */
  #callThatSaid(id: number): OpenCall | null {
    const call = this.#calls.get(id);
    if (call === undefined || call.sentUpTo === null) return null;
    this.#take(call.sentUpTo);
    return call;
  }

  #onPong(open: ReportOf<'pong'>['open']): void {
    const ping = this.#pings.shift();
    if (ping === undefined) return;
    ping.onPong();
    this.#take(ping.sentUpTo);
    if (ping.lost === null) return;
    const sentBy = new Map(open?.map(({ id, sent }) => [id, sent]));
    for (const call of [...this.#calls.values()]) {
      const { id } = call.message;
      if (call.sentUpTo === null || id > ping.lastId) continue;
      const sent = sentBy.get(id);
      if (sent === undefined) this.#drop(call, ping.lost);
      else if (sent !== (call.stream?.received ?? 0)) this.#abandon(call, LOST);
    }
  }

  /** Finds the call whose message was lost: nobody can tell from the message itself. */
  #findLost(error: WorkerDriverError): void {
    if (!this.#pings.some(({ lost }) => lost !== null)) this.#ping(error);
  }

  #take(upTo: number): void {
    if (upTo <= this.#taken) return;
    this.#taken = upTo;
    this.#sendWaiting();
  }

  /** Gives up a call of which the worker has not said what it should. */
  #abandon(call: OpenCall, detail: string): void {
    this.#notify({ type: 'cancel', id: call.message.id });
    this.#drop(call, new WorkerDriverError('AnswerUnreadable', detail));
  }

  #drop(call: OpenCall, reason: unknown): void {
    if (this.#waiting.delete(call.message.id)) this.#waitingBytes -= call.size;
    this.#close(call);
    fail(call, reason);
  }

  #close({ message, signal, request, onAbort, onDraining }: OpenCall): void {
    this.#calls.delete(message.id);
    signal.removeEventListener('abort', onAbort);
    request?.draining.removeEventListener('abort', onDraining);
  }
}

const LOST = 'a part of the stream was lost';

/** @throws {WorkerDriverError} `ModuleFailed` */
function valueOf(end: End, request: RequestCall | null): unknown {
  switch (end.type) {
    case 'answer':
      return end.value;
    case 'handedOver':
      return handOver(end.token, request);
    case 'thrown':
      throw moduleFailed(readThrown(end.error));
  }
}

function handOver(token: unknown, request: RequestCall | null): unknown {
  try {
    return request?.handOver(token as JsonValue);
  } catch (error) {
    throw moduleFailed(error);
  }
}

function fail(call: OpenCall, error: unknown): void {
  if (call.stream === null) call.reject(error);
  else call.stream.chunks.fail(error);
}

/** @throws {WorkerDriverError} `PayloadInvalid` for what a structured clone cannot carry */
function cloning<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw new WorkerDriverError('PayloadInvalid', describeThrown(error), { cause: error });
  }
}

function moduleFailed(cause: unknown): WorkerDriverError {
  return new WorkerDriverError('ModuleFailed', describeThrown(cause), { cause });
}
