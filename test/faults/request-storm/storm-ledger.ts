import { HandedOver, type RequestCall } from '../../../src/index.js';
import type { Token, Work } from '../agents/stormy.js';

/** A request on one instance, from the agent's side. */
export interface WorkEntry {
  readonly work: Work;
  readonly generation: number;
  readonly resume: Token | undefined;
  /** Whether its stream is there. */
  isStreaming: boolean;
  isOpen: boolean;
  hasStarted: boolean;
  hasCleanedUp: boolean;
  /** Whether it has given a chunk. */
  hasYielded: boolean;
  /** What it has handed over. */
  token: Token | undefined;
  /** Whether that was in a swap: another instance goes on. */
  isHandedOn: boolean;
  /** Since when its host waits for a sign of life; null while it does not. */
  askedAt: number | null;
}

/** What the instances of an agent are asked, and what they do: the truth about what is in work. */
export class StormLedger {
  readonly entries: WorkEntry[] = [];
  /** Whether a swap has replaced that instance. */
  isReplaced: (generation: number) => boolean = () => false;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  openOn(generation: number): readonly WorkEntry[] {
    return this.entries.filter((entry) => entry.isOpen && entry.generation === generation);
  }

  of(id: number): readonly WorkEntry[] {
    return this.entries.filter(({ work }) => work.id === id);
  }

  /** Has a function handle a request, and notes what comes of it. */
  handle(handle: (work: Work, call: RequestCall) => unknown, work: Work, call: RequestCall): unknown {
    const entry: WorkEntry = {
      work,
      generation: call.generation,
      resume: call.resume as Token | undefined,
      isStreaming: false,
      isOpen: true,
      hasStarted: work.type === 'value',
      hasCleanedUp: false,
      hasYielded: false,
      token: undefined,
      isHandedOn: false,
      askedAt: work.type === 'value' ? this.#now() : null,
    };
    this.entries.push(entry);
    const noting = new Proxy(call, {
      get: (target, name) => {
        if (name !== 'progress') return Reflect.get(target, name) as unknown;
        return (value: unknown) => {
          if (entry.askedAt !== null) entry.askedAt = this.#now();
          target.progress(value);
        };
      },
    });
    const answer = handle(work, noting);
    if (work.type === 'value') return this.#value(answer as Promise<unknown>, entry);
    if (!(answer instanceof Promise)) return this.#stream(answer as AsyncGenerator, entry);
    entry.askedAt = this.#now();
    return answer.then((generator) => this.#stream(generator as AsyncGenerator, entry));
  }

  cleanedUp(work: Work, generation: number): void {
    const entry = this.entries.find((each) => each.work === work && each.generation === generation);
    if (entry !== undefined) entry.hasCleanedUp = true;
  }

  async #value(answer: Promise<unknown>, entry: WorkEntry): Promise<unknown> {
    try {
      const value = await answer;
      this.#note(value, entry);
      return value;
    } finally {
      entry.isOpen = false;
      entry.askedAt = null;
    }
  }

  #stream(generator: AsyncGenerator, entry: WorkEntry): AsyncIterable<unknown> {
    entry.isStreaming = true;
    entry.askedAt = null;
    const track = async (step: Promise<IteratorResult<unknown, unknown>>) => {
      try {
        const result = await step;
        if (result.done === true) {
          entry.isOpen = false;
          this.#note(result.value, entry);
        } else entry.hasYielded = true;
        return result;
      } catch (error) {
        entry.isOpen = false;
        throw error;
      } finally {
        entry.askedAt = null;
      }
    };
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          entry.hasStarted = true;
          entry.askedAt = this.#now();
          return track(generator.next());
        },
        return: (value?: unknown) => track(generator.return(value)),
      }),
    };
  }

  #note(value: unknown, entry: WorkEntry): void {
    if (!(value instanceof HandedOver)) return;
    entry.token = value.token as unknown as Token;
    entry.isHandedOn = this.isReplaced(entry.generation);
  }
}
