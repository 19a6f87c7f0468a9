import { RequestError, type Agent } from '../../../src/index.js';
import { microtask } from '../../../src/util/microtask.js';
import type { Token, Work } from '../agents/stormy.js';
import type { CallPlan } from './storm-plan.js';

export interface Chunk {
  readonly id: number;
  readonly at: number;
}

export type Sleep = (milliseconds: number) => Promise<void>;

/** What a caller's request came to. */
export interface CallerEnd {
  /** That of `RequestEnd`, as the caller sees it; anything else is a fault. */
  readonly outcome: string;
  readonly token: Token | undefined;
  readonly at: number;
  /** Whether its agent served then. */
  readonly wasServing: boolean;
}

/** One request, from its caller's side. */
export class StormCaller {
  readonly id: number;
  readonly plan: CallPlan;
  readonly work: Work;
  readonly begunAt: number;
  /** The token that it has brought back; undefined for a request that begins. */
  readonly resume: Token | undefined;
  readonly chunks: Chunk[] = [];
  /** The answer, where that is a value. */
  value: unknown = undefined;
  isStream = false;
  end: CallerEnd | null = null;
  /** Whether `cancel` was called, and has come to its end. */
  cancel: 'none' | 'called' | 'done' = 'none';
  onCancelled: () => void = () => undefined;
  readonly #agent: Agent;
  readonly #now: () => number;
  #overAt: number | null = null;
  readonly #reason = new Error('The caller has left');

  constructor(id: number, plan: CallPlan, agent: Agent, now: () => number, resume?: Token) {
    this.#agent = agent;
    this.id = id;
    this.plan = plan;
    this.work = { ...plan.work, id };
    this.resume = resume;
    this.#now = now;
    this.begunAt = now();
  }

  async run(sleep: Sleep): Promise<void> {
    const controller = new AbortController();
    const { abortsAfter } = this.plan;
    if (abortsAfter === 'before') controller.abort(this.#reason);
    else if (abortsAfter !== null) {
      void sleep(abortsAfter).then(() => {
        controller.abort(this.#reason);
      });
    }
    const options = { resume: this.resume, ...(abortsAfter !== null && { signal: controller.signal }) };
    try {
      const answer = await this.#agent.request(this.work, options);
      if (answer instanceof ReadableStream) await this.#read(answer as ReadableStream<Chunk>, sleep);
      else this.#completeWith(answer);
    } catch (error) {
      this.#endWith(error);
    }
  }

  #completeWith(value: unknown): void {
    this.value = value;
    this.#end('Completed');
  }

  async #read(stream: ReadableStream<Chunk>, sleep: Sleep): Promise<void> {
    this.isStream = true;
    const { reading } = this.plan;
    const reader = stream.getReader();
    // It may be told later, as it reads on.
    const onOver = () => {
      this.#overAt = this.#now();
    };
    reader.closed.then(onOver, onOver);
    const limit = reading.type === 'all' ? Infinity : reading.after;
    while (this.chunks.length < limit) {
      if (reading.type === 'all' && reading.pause > 0) await sleep(reading.pause);
      const step = await reader.read();
      if (step.done) {
        this.#end('Completed');
        return;
      }
      this.chunks.push(step.value);
    }
    // The last chunk comes with the end.
    await microtask();
    if (reading.type === 'cancels' && this.#overAt === null) {
      await this.#cancel(reader);
      return;
    }
    // It fails at the latest when its agent ends.
    await reader.closed;
    this.#end('Completed');
  }

  async #cancel(reader: ReadableStreamDefaultReader<Chunk>): Promise<void> {
    const cancelled = reader.cancel(this.#reason);
    // One that has failed before is not cancelled.
    await Promise.race([cancelled, microtask().then(microtask).then(microtask)]);
    this.#end('Cancelled');
    this.cancel = 'called';
    await cancelled;
    this.cancel = 'done';
    this.onCancelled();
  }

  #endWith(error: unknown): void {
    if (this.end !== null) return;
    if (error === this.#reason) this.#end('Cancelled');
    else if (error instanceof RequestError) this.#end(error.code, error.token as Token | undefined);
    else this.#end(`no RequestError, but ${String(error)}`);
  }

  #end(outcome: string, token?: Token): void {
    this.end = { outcome, token, at: this.#overAt ?? this.#now(), wasServing: this.#agent.isServing };
  }
}
