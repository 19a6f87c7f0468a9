import { FailureReason } from '../../values/failure-reason.js';
import type { ChildGroup } from '../child/child-group.js';
import type { ChildProtocol } from '../child/child-protocol.js';
import { Conversation } from './conversation.js';
import { jsonText } from '../child/json-text.js';
import type { Noise } from '../child/output.js';
import { ProcessDriverError } from './process-driver-error.js';
import type { ResolvedProcessOptions } from './process-options.js';
import { textIn } from '../../util/utf8-text.js';
import { withinTime } from '../../util/within-time.js';

/** Speaks to a child in lines of JSON. */
export class JsonProtocol implements ChildProtocol {
  readonly #conversation: Conversation;
  readonly #options: ResolvedProcessOptions;

  constructor(
    child: ChildGroup,
    options: ResolvedProcessOptions,
    noise: Noise,
    onProtocolError: (reason: Error) => void,
  ) {
    this.#conversation = new Conversation(child, options.maxLine, noise, onProtocolError);
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#conversation.ask({ do: 'start' }, signal);
  }

  async request(payload: unknown, signal: AbortSignal): Promise<unknown> {
    const json = jsonOf(payload);
    return withinTime(this.#options.requestTimeout, this.#late, signal, (either) =>
      this.#conversation.ask({ do: 'request', payload: json }, either),
    );
  }

  /** A child may end, or be silent, instead of an answer. One that is forced is told so, and not waited for. */
  async stop({ signal, forced }: { signal: AbortSignal; forced: boolean }): Promise<void> {
    const answer = withinTime(this.#options.escalation.eof, this.#late, signal, (either) =>
      this.#conversation.ask({ do: 'stop', forced }, either),
    ).catch((error: unknown) => {
      if (isSaid(error) && !forced) throw error;
    });
    if (!forced) await answer;
  }

  end(reason: Error): void {
    this.#conversation.end(reason);
  }

  readonly #late = (): Error =>
    new ProcessDriverError('TimeLimitExceeded', `${this.#options.requestTimeout} ms`);
}

/** Whether an error is what a child said, rather than that it said nothing. */
function isSaid(error: unknown): boolean {
  return error instanceof ProcessDriverError && error.code !== 'TimeLimitExceeded';
}

/** The JSON of a payload: that of a text, where it is the bytes of one. */
function jsonOf(payload: unknown): string {
  const value = payload instanceof Uint8Array ? textIn(payload) : (payload ?? null);
  if (payload instanceof Uint8Array && value === null) {
    throw new ProcessDriverError('InputInvalid', 'its bytes are no UTF-8');
  }
  try {
    return jsonText(value);
  } catch (error) {
    throw new ProcessDriverError('InputInvalid', FailureReason.describe(error), { cause: error });
  }
}
