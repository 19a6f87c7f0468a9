import type { JsonValue } from '../../values/json-value.js';
import type { AgentRequest } from './agent-request.js';
import type { OpenLease } from './lease-table.js';
import type { Limited, LimitSweep } from '../../util/limit-sweep.js';
import { RequestError } from './request-error.js';
import type { RequestTarget } from './request-router.js';

/** A request that an instance has accepted. */
export interface Place {
  readonly target: RequestTarget;
  readonly lease: OpenLease;
}

interface Waiting {
  readonly request: AgentRequest;
  /** What the instance before handed over; undefined for a request that none had. */
  readonly token: JsonValue | undefined;
  readonly resolve: (place: Place) => void;
  readonly reject: (error: Error) => void;
}

/** The requests of an agent that wait for a place, in order. What was handed over goes ahead of them. */
export class RequestQueue implements Limited {
  readonly #agent: string;
  readonly #sweep: LimitSweep;
  readonly #waiting = new Set<Waiting>();
  readonly #handedOver = new Set<Waiting>();
  #isWatched = false;

  constructor(agent: string, sweep: LimitSweep) {
    this.#agent = agent;
    this.#sweep = sweep;
  }

  /** How many wait in it, those that were handed over not counted. */
  get size(): number {
    return this.#waiting.size;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#handedOver.size === 0;
  }

  get isIdle(): boolean {
    if (this.isEmpty) this.#isWatched = false;
    return !this.#isWatched;
  }

  wait(request: AgentRequest): Promise<Place> {
    return this.#add(this.#waiting, request, undefined);
  }

  /** Waits ahead of the others. */
  waitAhead(request: AgentRequest, token: JsonValue): Promise<Place> {
    return this.#add(this.#handedOver, request, token);
  }

  /** Gives places to those that wait, in order, for as long as there are any. */
  place(
    open: (request: AgentRequest) => Place,
    hasPlace: () => boolean,
    { handedOverOnly }: { readonly handedOverOnly: boolean },
  ): void {
    for (const list of handedOverOnly ? [this.#handedOver] : [this.#handedOver, this.#waiting]) {
      for (const waiting of list) {
        if (!hasPlace()) return;
        try {
          waiting.resolve(open(waiting.request));
        } catch (error) {
          waiting.reject(error as Error);
        }
      }
    }
  }

  /** Refuses all that no instance had. */
  refuse(error: () => RequestError): void {
    for (const waiting of this.#waiting) waiting.reject(error());
  }

  /** Gives those that were handed over back to their callers. */
  refuseHandedOver(error: (token: JsonValue) => RequestError): void {
    for (const waiting of this.#handedOver) waiting.reject(error(waiting.token as JsonValue));
  }

  hasDue(now: number): boolean {
    return this.#due(now).length > 0;
  }

  endDue(now: number): void {
    for (const waiting of this.#due(now)) {
      const { token } = waiting;
      waiting.reject(new RequestError('MaxDurationExceeded', this.#agent, { token }));
    }
  }

  #due(now: number): readonly Waiting[] {
    return [...this.#handedOver, ...this.#waiting].filter(({ request }) => now >= request.deadline);
  }

  #add(list: Set<Waiting>, request: AgentRequest, token: JsonValue | undefined): Promise<Place> {
    const { signal, deadline } = request;
    if (deadline !== Infinity && !this.#isWatched) {
      this.#isWatched = true;
      this.#sweep.watch(this);
    }
    return new Promise<Place>((resolve, reject) => {
      // It stands for the caller's signal, which may have any number of requests.
      const own = signal === undefined ? null : AbortSignal.any([signal]);
      const leave = (): void => {
        list.delete(waiting);
        if (this.isIdle) this.#sweep.forget(this);
        own?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        waiting.reject(signal?.reason as Error);
      };
      const waiting: Waiting = {
        request,
        token,
        resolve: (place) => {
          leave();
          resolve(place);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      list.add(waiting);
      if (own?.aborted === true) onAbort();
      else own?.addEventListener('abort', onAbort);
    });
  }
}
