import { causedBy } from '../../values/caused-by.js';
import type { JsonValue } from '../../values/json-value.js';
import { StateTransitionError } from '../../values/state-transition-error.js';
import { microtask } from '../../util/microtask.js';
import {
  assertRequestOptions,
  type AgentRequest,
  type RequestEnd,
  type RequestOptions,
} from './agent-request.js';
import { AnswerStream } from './answer-stream.js';
import type { OpenLease } from './lease-table.js';
import type { LimitSweep } from '../../util/limit-sweep.js';
import { readableAnswer } from './readable-answer.js';
import { isHandedOver } from './request-call.js';
import { RequestError, withToken, type RequestErrorCode } from './request-error.js';
import type { ResolvedRequestLimits } from './request-limits.js';
import { RequestQueue, type Place } from './request-queue.js';

const NO_OPTIONS: RequestOptions = {};

/** An instance as the requests of its agent see it. */
export interface RequestTarget {
  readonly isServing: boolean;
  /** Whether it serves, and has a place for one more request. */
  readonly hasPlace: boolean;
  readonly limits: ResolvedRequestLimits;
  /** Why it has failed; null where it has not. */
  readonly failure: Error | null;
  /** @throws {StateTransitionError} where it is not accepted */
  open(deadline: number): OpenLease;
  /** Resolves to a value, a `HandedOver` or an `AnswerStream`. */
  answer(request: AgentRequest, lease: OpenLease): Promise<unknown>;
  /** Accepts a request that its caller carries out. @throws {StateTransitionError} */
  lease(): OpenLease;
}

/** What came of a request on the instance that did not hand it over. */
interface Answered {
  readonly answer: unknown;
  readonly target: RequestTarget;
}

/** What a router asks of its agent. */
export interface RoutedAgent {
  readonly name: string;
  isCordoned(): boolean;
  /** The instance that serves, or that served last. */
  current(): RequestTarget;
  /** Whether an instance comes up in place of one that has ended by itself: by a restart, or a swap. */
  isComingBack(): boolean;
  /** Whether a swap has replaced that instance, whose requests go over to the one that serves. */
  isReplaced(target: RequestTarget): boolean;
  now(): number;
  /** Whether anybody listens to the ends of requests: else no clock is read for them. */
  isWatched(): boolean;
  onRequestEnd(end: RequestEnd): void;
}

/** The requests of an agent: each goes to the instance that serves, or waits for a place. */
export class RequestRouter {
  readonly #agent: RoutedAgent;
  readonly #queue: RequestQueue;
  #isSettling = false;

  constructor(agent: RoutedAgent, sweep: LimitSweep) {
    this.#agent = agent;
    this.#queue = new RequestQueue(agent.name, sweep);
  }

  /** How many wait for a place. */
  get queued(): number {
    return this.#queue.size;
  }

  /** @see Agent.request */
  async request(payload: unknown, options: RequestOptions = NO_OPTIONS): Promise<unknown> {
    if (options !== NO_OPTIONS) assertRequestOptions(options);
    // A turn of its own: none in which a lifecycle is handling an event.
    await microtask();
    const agent = this.#agent;
    const { signal, onProgress, resume } = options;
    const current = agent.current();
    const { maxDuration = Infinity } = current.limits;
    const isTimed = maxDuration !== Infinity || agent.isWatched();
    const arrivedAt = isTimed ? agent.now() : null;
    const deadline = (arrivedAt ?? 0) + maxDuration;
    const request = { payload, signal, onProgress, resume, deadline };
    try {
      signal?.throwIfAborted();
      const isFree = current.hasPlace && this.#queue.isEmpty && !agent.isCordoned();
      // One that has waited is begun a turn after it has its place: one that comes meanwhile is, too, and not before it.
      const place = await (isFree ? this.#placeAt(current, request) : this.#wait(request));
      const first = await place.target.answer(request, place.lease);
      const { answer, target } = await this.#settled(first, place.target, request);
      if (answer instanceof AnswerStream) return this.#read(answer, target, request, arrivedAt);
      this.#notifyEnd(undefined, arrivedAt, 0);
      return answer;
    } catch (error) {
      this.#notifyEnd(error, arrivedAt, 0);
      throw error;
    }
  }

  /** @see Agent.accept */
  async accept(): Promise<OpenLease> {
    await microtask();
    if (this.#agent.isCordoned() && this.#agent.current().isServing) throw this.#error('AgentCordoned');
    return this.#accepted(() => this.#agent.current().lease());
  }

  /** Gives places to those that wait, or refuses them: in a turn of its own, once whatever changed is done. */
  settleSoon(): void {
    if (this.#isSettling || this.#queue.isEmpty) return;
    this.#isSettling = true;
    queueMicrotask(() => {
      this.#isSettling = false;
      this.#settle();
    });
  }

  #settle(): void {
    const agent = this.#agent;
    const current = agent.current();
    if (current.isServing) {
      this.#queue.place(
        (request) => this.#placeAt(current, request),
        () => current.hasPlace,
        { handedOverOnly: agent.isCordoned() },
      );
      if (agent.isCordoned()) this.#queue.refuse(() => this.#error('AgentCordoned'));
      return;
    }
    const { failure } = current;
    // One instance is handed a request at most: where that has failed, nobody tries again.
    if (failure !== null) this.#queue.refuseHandedOver((token) => this.#error('AgentFailed', failure, token));
    if (agent.isComingBack()) {
      if (agent.isCordoned()) this.#queue.refuse(() => this.#error('AgentCordoned'));
      return;
    }
    this.#queue.refuseHandedOver((token) => this.#error('HandedOver', null, token));
    const code = failure === null ? 'NotAcceptingRequests' : 'AgentFailed';
    this.#queue.refuse(() => this.#error(code, failure));
  }

  /** Waits for a place, in order. @throws {RequestError} */
  #wait(request: AgentRequest): Promise<Place> {
    const agent = this.#agent;
    const current = agent.current();
    if (!current.isServing && !agent.isComingBack()) return Promise.resolve(this.#placeAt(current, request));
    if (agent.isCordoned()) throw this.#error('AgentCordoned');
    if (this.#queue.size < current.limits.queue) return this.#queue.wait(request);
    // The chart says why, where it is the agent that is full.
    if (current.isServing && !current.hasPlace) return Promise.resolve(this.#placeAt(current, request));
    throw this.#error('TooManyRequests');
  }

  /** What an answer comes to, over as many instances as hand the request over. */
  #settled(answer: unknown, target: RequestTarget, request: AgentRequest): Answered | Promise<Answered> {
    return isHandedOver(answer) ? this.#goOn(target, answer.token, request) : { answer, target };
  }

  async #goOn(from: RequestTarget, token: JsonValue, request: AgentRequest): Promise<Answered> {
    if (!this.#agent.isReplaced(from)) throw this.#error('HandedOver', null, token);
    const waits = this.#queue.waitAhead(request, token);
    this.settleSoon();
    const { target, lease } = await waits;
    const resumed = { ...request, resume: token };
    try {
      return await this.#settled(await target.answer(resumed, lease), target, resumed);
    } catch (error) {
      throw withToken(error, token);
    }
  }

  #read(stream: AnswerStream, target: RequestTarget, request: AgentRequest, arrivedAt: number | null) {
    let from = target;
    return readableAnswer(stream, {
      agent: this.#agent.name,
      now: () => this.#agent.now(),
      goOn: async (token, left) => {
        const signal = request.signal === undefined ? left : AbortSignal.any([left, request.signal]);
        const { answer, target } = await this.#goOn(from, token, { ...request, signal });
        from = target;
        return answer;
      },
      onEnd: ({ error, chunks }) => {
        this.#notifyEnd(error, arrivedAt, chunks);
      },
    });
  }

  #placeAt(target: RequestTarget, { deadline }: AgentRequest): Place {
    return { target, lease: this.#accepted(() => target.open(deadline)) };
  }

  #accepted(open: () => OpenLease): OpenLease {
    try {
      return open();
    } catch (error) {
      if (!(error instanceof StateTransitionError)) throw error;
      const isFull = error.code === 'TooManyPendingRequests';
      throw this.#error(isFull ? 'TooManyRequests' : 'NotAcceptingRequests', error);
    }
  }

  #error(code: RequestErrorCode, cause: Error | null = null, token?: JsonValue): RequestError {
    return new RequestError(code, this.#agent.name, { ...causedBy(cause), token });
  }

  /** @param arrivedAt null for a request that arrived while nobody listened */
  #notifyEnd(error: unknown, arrivedAt: number | null, chunks: number): void {
    if (arrivedAt === null || !this.#agent.isWatched()) return;
    const outcome =
      error === undefined ? 'Completed' : error instanceof RequestError ? error.code : 'Cancelled';
    this.#agent.onRequestEnd({ outcome, duration: this.#agent.now() - arrivedAt, chunks });
  }
}
