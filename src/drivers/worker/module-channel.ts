import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import * as z from 'zod';
import { describeThrown } from '../../util/describe-thrown.js';
import { ownBytes, sizeOfClone } from './structured-clone.js';
import { readThrown, type ThrownError } from './thrown-error.js';
import { WorkerDriverError } from './worker-driver-error.js';

export interface CallMessage {
  readonly type: 'call';
  readonly id: number;
  readonly fn: 'import' | 'start' | 'handle' | 'stop';
  readonly argument: unknown;
}

/** A message to the worker; `module-worker.js` has the other end. */
export type Message =
  | CallMessage
  | { readonly type: 'cancel'; readonly id: number }
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
const reportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('answer'), id: z.number(), value: z.unknown() }),
  z.object({ type: z.literal('thrown'), id: z.number(), error: thrownSchema }),
  z.object({ type: z.literal('pong'), open: z.array(z.number()).nullable() }),
  /** A message has come that could not be read. */
  z.object({ type: z.literal('unreadable') }),
]);

export type Report = z.output<typeof reportSchema>;

/** Bytes that the worker may have before it, and has not taken. What is there can be taken back by nobody. */
const WINDOW = 1024 * 1024;
/** Bytes that may wait for a place in the window. */
const MAX_WAITING = 16 * 1024 * 1024;
/** Bytes that a message takes beside its argument. */
const OVERHEAD = 128;

/** A call that has no answer yet. */
interface OpenCall {
  readonly message: CallMessage;
  readonly size: number;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Bytes that had been sent when this call had; null while it waits. */
  sentUpTo: number | null;
}

interface Ping {
  readonly onPong: () => void;
  readonly lastId: number;
  readonly sentUpTo: number;
  /** Why it asks for the calls that are open: one of the others was lost. */
  readonly lost: WorkerDriverError | null;
}

export interface Answering {
  readonly answer: Promise<unknown>;
  /** Stops waiting. A late answer of the module is ignored. */
  readonly giveUp: (reason: unknown) => void;
}

/**
 * The calls of a module, over a channel that is the driver's alone. What a worker does not take, since it is busy,
 * waits on this side, and goes when its call is given up.
 */
export class ModuleChannel {
  readonly #port: MessagePort;
  readonly #calls = new Map<number, OpenCall>();
  /** Those of the calls that are not sent yet, in order. */
  readonly #waiting = new Map<number, OpenCall>();
  readonly #pings: Ping[] = [];
  #lastId = 0;
  #lastSentId = 0;
  #waitingBytes = 0;
  #sent = 0;
  #taken = 0;

  /** @param onClose is called when the other end is closed; the end of the worker is one reason for that */
  constructor(port: MessagePort, onClose: () => void) {
    this.#port = port;
    port.on('message', (report: unknown) => {
      this.#onReport(report);
    });
    port.on('messageerror', (error) => {
      this.#findLost(new WorkerDriverError('AnswerUnreadable', describeThrown(error), { cause: error }));
    });
    port.on('close', onClose);
  }

  /** Whether an operation of the agent waits for an answer. */
  get isOperating(): boolean {
    return [...this.#calls.values()].some(({ message }) => message.fn !== 'handle');
  }

  /**
   * Calls the module, or has it imported. When `signal` is aborted the module is told, and may still answer; a call
   * that it has not been sent yet ends with the reason.
   *
   * @throws {WorkerDriverError} `PayloadInvalid`, `TooMuchWaiting`
   */
  call(fn: CallMessage['fn'], payload: unknown, signal: AbortSignal): Answering {
    const id = ++this.#lastId;
    const given = ownBytes(payload);
    const size = OVERHEAD + cloning(() => sizeOfClone(given));
    const mustWait = this.#waiting.size > 0 || !this.#hasRoomFor(size);
    if (mustWait) this.#assertMayWait(size);
    // What waits is as it was when it was asked.
    const argument = mustWait ? cloning(() => structuredClone(given)) : given;
    const message = { type: 'call', id, fn, argument } as const;
    const answer = new Promise<unknown>((resolve, reject) => {
      const onAbort = () => {
        if (call.sentUpTo === null) this.#drop(call, signal.reason);
        else this.#notify({ type: 'cancel', id });
      };
      const call: OpenCall = { message, size, signal, onAbort, resolve, reject, sentUpTo: null };
      if (mustWait) this.#wait(call);
      else this.#send(call);
      this.#calls.set(id, call);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return {
      answer,
      giveUp: (reason) => {
        this.#giveUp(id, reason);
      },
    };
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

  #onReport(message: unknown): void {
    const { success, data: report } = reportSchema.safeParse(message);
    if (!success) return;
    switch (report.type) {
      case 'answer':
        this.#settle(report.id)?.resolve(report.value);
        break;
      case 'thrown':
        this.#settle(report.id)?.reject(moduleFailed(report.error));
        break;
      case 'pong':
        this.#onPong(report.open);
        break;
      case 'unreadable':
        this.#findLost(new WorkerDriverError('PayloadInvalid', 'the worker could not read it'));
        break;
    }
  }

  /** The call that is answered; null for one that was given up, or never made. */
  #settle(id: number): OpenCall | null {
    const call = this.#calls.get(id);
    if (call === undefined || call.sentUpTo === null) return null;
    this.#close(call);
    this.#take(call.sentUpTo);
    return call;
  }

  #onPong(open: readonly number[] | null): void {
    const ping = this.#pings.shift();
    if (ping === undefined) return;
    ping.onPong();
    this.#take(ping.sentUpTo);
    if (ping.lost === null) return;
    const isOpen = new Set(open);
    for (const call of [...this.#calls.values()]) {
      const { id } = call.message;
      if (call.sentUpTo !== null && id <= ping.lastId && !isOpen.has(id)) this.#drop(call, ping.lost);
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

  #giveUp(id: number, reason: unknown): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (call.sentUpTo !== null) this.#notify({ type: 'cancel', id });
    this.#drop(call, reason);
  }

  #drop(call: OpenCall, reason: unknown): void {
    if (this.#waiting.delete(call.message.id)) this.#waitingBytes -= call.size;
    this.#close(call);
    call.reject(reason);
  }

  #close({ message, signal, onAbort }: OpenCall): void {
    this.#calls.delete(message.id);
    signal.removeEventListener('abort', onAbort);
  }
}

/** @throws {WorkerDriverError} `PayloadInvalid` for what a structured clone cannot carry */
function cloning<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw new WorkerDriverError('PayloadInvalid', describeThrown(error), { cause: error });
  }
}

function moduleFailed(thrown: ThrownError): WorkerDriverError {
  const cause = readThrown(thrown);
  return new WorkerDriverError('ModuleFailed', describeThrown(cause), { cause });
}
