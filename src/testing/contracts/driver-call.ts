import { HandedOver, type RequestCall } from '../../host/requests/request-call.js';
import type { JsonValue } from '../../values/json-value.js';

/** A request as a driver is given it, without a host. */
export class DriverCall implements RequestCall {
  readonly generation = 1;
  readonly resume: unknown;
  /** What the agent has reported. */
  readonly reports: unknown[] = [];
  readonly #abort = new AbortController();
  readonly #drain = new AbortController();
  readonly signal = this.#abort.signal;
  readonly draining = this.#drain.signal;

  constructor(resume?: unknown) {
    this.resume = resume;
  }

  readonly progress = (value?: unknown): void => {
    this.reports.push(value);
  };

  readonly handOver = (token: JsonValue): HandedOver => new HandedOver(token);

  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Has the agent let the request go. */
  drain(): void {
    this.#drain.abort();
  }
}

/** The answer of a driver, as its reader has it. @throws {TypeError} for one that is no stream */
export function streamIn(answer: unknown): AsyncIterator<unknown, unknown> {
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncIterator in answer)) {
    throw new TypeError('Expected a stream');
  }
  return (answer as AsyncIterable<unknown>)[Symbol.asyncIterator]() as AsyncIterator<unknown, unknown>;
}

/** All chunks of a stream, and what it returns. */
export async function readAll(
  iterator: AsyncIterator<unknown, unknown>,
): Promise<{ chunks: unknown[]; returned: unknown }> {
  const chunks: unknown[] = [];
  for (;;) {
    const step = await iterator.next();
    if (step.done === true) return { chunks, returned: step.value };
    chunks.push(step.value);
  }
}
